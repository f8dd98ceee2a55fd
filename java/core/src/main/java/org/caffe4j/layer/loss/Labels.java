package org.caffe4j.layer.loss;

import java.util.OptionalInt;
import org.caffe4j.Blob;
import org.caffe4j.ShapeException;
import org.caffe4j.layer.Layer;
import org.caffe4j.natives.Native;
import org.caffe4j.proto.LossParameter;

/** Labels are floats that are cut to whole numbers. What the layers that use them check and count. */
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

    /** How many labels, cut to whole numbers, are not the ignored one. */
    static long count(Blob labels, OptionalInt ignored) {
        return ignored.isEmpty() ? labels.count() : Native.labels_count(labels.data().handle(), ignored.getAsInt());
    }
}
