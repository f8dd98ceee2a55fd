package org.caffe4j.layer.loss;

import java.nio.FloatBuffer;
import java.util.OptionalInt;
import org.caffe4j.Blob;
import org.caffe4j.DataException;
import org.caffe4j.ShapeException;
import org.caffe4j.layer.Layer;
import org.caffe4j.proto.LossParameter;

/** Labels are floats that are cut to whole numbers. What every layer that uses them as class numbers checks before it does. */
final class Labels {
    private Labels() {}

    /** The label that a loss_param leaves out of the loss, if any. */
    static OptionalInt ignored(LossParameter p) {
        return p.hasIgnoreLabel() ? OptionalInt.of(p.getIgnoreLabel()) : OptionalInt.empty();
    }

    /** Throws unless there is one label for every item of predictions that are split at {@code axis}. */
    static void requireOneAnItem(Layer layer, Blob predictions, int axis, Blob labels) {
        if (labels.count() != predictions.count(0, axis) * predictions.count(axis + 1)) {
            throw new ShapeException(layer.where() + "Number of labels must match number of predictions; e.g., if the class axis is 1 and "
                    + "predictions are N C H W, there must be N*H*W labels in 0, 1, ..., C-1. (predictions "
                    + predictions.shapeString() + ", class axis " + axis + ", labels " + labels.shapeString() + ")");
        }
    }

    /** Throws unless there is one label for each of {@code items} items. */
    static void requireCount(Layer layer, Blob labels, long items) {
        if (labels.count() != items) {
            throw new ShapeException(layer.where() + "expected one label for each of " + items + " items, got shape " + labels.shapeString());
        }
    }

    /**
     * Checks that every label but the ignored one is a class.
     *
     * @return how many labels are not ignored
     * @throws DataException naming layer, item, label and number of classes
     */
    static long check(Layer layer, Blob labels, long classes, OptionalInt ignored) {
        FloatBuffer values = labels.data().read();
        int count = values.capacity();
        long valid = 0;
        for (int i = 0; i < count; i++) {
            float value = values.get(i);
            int label = (int) value;
            if (ignored.isPresent() && label == ignored.getAsInt() && !Float.isNaN(value)) {
                continue;
            }
            if (label < 0 || label >= classes || Float.isNaN(value)) {
                throw new DataException(layer.where() + "label " + number(value) + " of item " + i + " is not a class: there are " + classes
                        + " classes, labels go from 0 to " + (classes - 1)
                        + " (check the data source's labels, num_output, or set ignore_label)");
            }
            valid++;
        }
        return valid;
    }

    /** How many labels, cut to whole numbers, are not the ignored one. */
    static long countValid(Blob labels, OptionalInt ignored) {
        if (ignored.isEmpty()) {
            return labels.count();
        }
        FloatBuffer values = labels.data().read();
        long valid = 0;
        for (int i = 0; i < values.capacity(); i++) {
            if ((int) values.get(i) != ignored.getAsInt()) {
                valid++;
            }
        }
        return valid;
    }

    private static String number(float value) {
        return value == (int) value ? Integer.toString((int) value) : Float.toString(value);
    }
}
