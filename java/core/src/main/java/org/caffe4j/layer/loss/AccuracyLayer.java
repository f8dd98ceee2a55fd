package org.caffe4j.layer.loss;

import java.util.List;
import java.util.OptionalInt;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.layer.Layer;
import org.caffe4j.natives.Native;
import org.caffe4j.proto.AccuracyParameter;
import org.caffe4j.proto.LayerParameter;

/**
 * The share of items whose label is among the {@code top_k} [1] best scored classes. Bottom 0 holds scores, {@code axis} [1] running
 * over the classes; bottom 1 one label an item. An item is right if at most top_k classes, its own included, score at least as high as
 * its own: ties count against it. Items with {@code ignore_label} are left out; without any item the accuracy is 0. The optional second
 * top gives the accuracy of each class (shape [C], 0 for a class without items). Has no gradient.
 *
 * <p>A label that is no class throws DataException. Source: Caffe's Accuracy.
 */
public final class AccuracyLayer extends Layer {
    private final AccuracyParameter settings;
    private final OptionalInt ignored;

    public AccuracyLayer(LayerParameter param, Context context) {
        super(param, context);
        settings = param.getAccuracyParam();
        ignored = settings.hasIgnoreLabel() ? OptionalInt.of(settings.getIgnoreLabel()) : OptionalInt.empty();
    }

    @Override
    public int exactBottoms() {
        return 2;
    }

    @Override
    public int minTops() {
        return 1;
    }

    @Override
    public int maxTops() {
        return 2;
    }

    @Override
    public void reshape(List<Blob> bottom, List<Blob> top) {
        Blob scores = bottom.get(0);
        int axis = scores.canonicalAxis(settings.getAxis());
        Labels.requireOneAnItem(this, scores, axis, bottom.get(1));
        if (Integer.toUnsignedLong(settings.getTopK()) > scores.shape(axis)) {
            throw definitionError("top_k must be less than or equal to the number of classes. (top_k "
                    + Integer.toUnsignedString(settings.getTopK()) + ", classes " + scores.shape(axis) + ")");
        }
        top.get(0).reshape();
        if (top.size() > 1) {
            top.get(1).reshape(scores.shape(axis));
        }
    }

    @Override
    public void forward(List<Blob> bottom, List<Blob> top) {
        Blob scores = bottom.get(0);
        int axis = scores.canonicalAxis(settings.getAxis());
        Native.accuracy_forward(scores.data().handle(), bottom.get(1).data().handle(), top.get(0).data().handle(),
                top.size() > 1 ? top.get(1).data().handle() : null, scores.count(0, axis), scores.shape(axis), scores.count(axis + 1),
                Integer.toUnsignedLong(settings.getTopK()), ignored.isPresent(), ignored.orElse(0));
    }

    @Override
    public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
        for (boolean wanted : propagateDown) {
            if (wanted) {
                throw definitionError("Accuracy has no gradient; take it out of the path of a loss, or set propagate_down: false");
            }
        }
    }
}
