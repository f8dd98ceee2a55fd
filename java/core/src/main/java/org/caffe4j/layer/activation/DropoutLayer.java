package org.caffe4j.layer.activation;

import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.Phase;
import org.caffe4j.natives.Native;
import org.caffe4j.optimize.Operation;
import org.caffe4j.proto.LayerParameter;

/**
 * In phase TRAIN sets every element to 0 with probability {@code dropout_ratio} [0.5] and divides the others by 1 − dropout_ratio; in TEST
 * passes the values on. Each forward takes one seed from the context's generator; which elements go depends on it alone, not on the
 * number of threads. Source: Caffe's Dropout.
 */
public final class DropoutLayer extends NeuronLayer {
    private final float ratio;
    private long seed;

    public DropoutLayer(LayerParameter param, Context context) {
        super(param, context);
        ratio = param.getDropoutParam().getDropoutRatio();
    }

    @Override
    public void setUp(List<Blob> bottom, List<Blob> top) {
        if (!(ratio >= 0 && ratio < 1)) {
            throw definitionError("dropout_ratio must be at least 0 and below 1, got " + ratio);
        }
    }

    @Override
    public void forward(List<Blob> bottom, List<Blob> top) {
        if (phase() == Phase.TRAIN) {
            seed = context().rng().nextUnsigned();
            Native.dropout_forward(bottom.get(0).data().handle(), top.get(0).data().handle(), ratio, seed);
        } else if (top.get(0) != bottom.get(0)) {
            top.get(0).data().copyFrom(bottom.get(0).data());
        }
    }

    @Override
    public Operation operation(List<Blob> bottom, List<Blob> top) {
        return phase() == Phase.TEST ? new Operation.Identity() : null;
    }

    @Override
    public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
        if (!propagateDown[0]) {
            return;
        }
        if (phase() == Phase.TRAIN) {
            Native.dropout_forward(top.get(0).diff().handle(), bottom.get(0).diff().handle(), ratio, seed);
        } else if (top.get(0) != bottom.get(0)) {
            bottom.get(0).diff().copyFrom(top.get(0).diff());
        }
    }
}
