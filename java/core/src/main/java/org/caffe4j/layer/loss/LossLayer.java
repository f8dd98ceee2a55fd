package org.caffe4j.layer.loss;

import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.ShapeException;
import org.caffe4j.layer.Layer;
import org.caffe4j.proto.LayerParameter;

/**
 * A layer whose first top is a scalar to be made small: bottom 0 holds predictions, bottom 1 labels or targets, item by item along the
 * first axis. The loss weight defaults to 1 and reaches {@link #backward} as the first top's diff; a missing top is made by the net.
 * Source: Caffe's LossLayer.
 */
public abstract class LossLayer extends Layer {
    protected LossLayer(LayerParameter param, Context context) {
        super(param, context);
    }

    @Override
    public int exactBottoms() {
        return 2;
    }

    @Override
    public int exactTops() {
        return 1;
    }

    @Override
    public boolean autoTopBlobs() {
        return true;
    }

    @Override
    public boolean allowForceBackward(int bottom) {
        return bottom != 1;
    }

    @Override
    public float defaultLossWeight(int top) {
        return top == 0 ? 1 : 0;
    }

    @Override
    public void reshape(List<Blob> bottom, List<Blob> top) {
        if (bottom.get(0).shape(0) != bottom.get(1).shape(0)) {
            throw new ShapeException(where() + "The data and label should have the same first dimension. (data "
                    + bottom.get(0).shapeString() + ", label " + bottom.get(1).shapeString() + ")");
        }
        top.get(0).reshape();
    }

    /** Throws if the gradient of the labels, bottom 1, is wanted. */
    protected final void refuseLabelGradient(boolean[] propagateDown) {
        if (propagateDown[1]) {
            throw definitionError(type() + " Layer cannot backpropagate to label inputs. (propagate_down must be false for bottom 1)");
        }
    }

    /** Throws unless both bottoms have the same number of elements. */
    protected final void requireSameCount(Blob predictions, Blob targets) {
        if (predictions.count() != targets.count()) {
            throw new ShapeException(where() + "inputs must have the same number of elements, got " + predictions.shapeString() + " and "
                    + targets.shapeString());
        }
    }

    /** What the gradient is multiplied with: the loss weight, as it stands in the first top's diff. */
    protected static float lossWeight(List<Blob> top) {
        return top.get(0).diff().read().get(0);
    }
}
