package org.caffe4j.layer.activation;

import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.natives.Native;
import org.caffe4j.optimize.Operation;
import org.caffe4j.proto.LayerParameter;

/**
 * y = max(x, 0) + negative_slope · min(x, 0); negative_slope defaults to 0. The gradient at 0 takes the slope's side. In place the
 * gradient is taken from the output, which is right for a slope of at least 0. Source: Caffe's ReLU.
 */
public final class ReLULayer extends NeuronLayer {
    private final float negativeSlope;
    private int engine;

    public ReLULayer(LayerParameter param, Context context) {
        super(param, context);
        negativeSlope = param.getReluParam().getNegativeSlope();
    }

    @Override
    public void setUp(List<Blob> bottom, List<Blob> top) {
        engine = engine(param().getReluParam().getEngine());
    }

    @Override
    public void forward(List<Blob> bottom, List<Blob> top) {
        Native.relu_forward(bottom.get(0).data().handle(), top.get(0).data().handle(), negativeSlope, engine);
    }

    @Override
    public Operation operation(List<Blob> bottom, List<Blob> top) {
        return new Operation.Activation(Native.PLAN_RELU, negativeSlope, 0, 0);
    }

    @Override
    public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
        if (propagateDown[0]) {
            Native.relu_backward(bottom.get(0).data().handle(), top.get(0).diff().handle(), bottom.get(0).diff().handle(), negativeSlope,
                    engine);
        }
    }
}
