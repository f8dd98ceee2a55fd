package org.caffe4j.layer.activation;

import java.util.Arrays;
import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.Tensor;
import org.caffe4j.natives.Native;
import org.caffe4j.optimize.Operation;
import org.caffe4j.proto.LayerParameter;

/**
 * y = x + b, where b has the shape of x's axes from {@code axis} [1] on and is repeated over the others: the second bottom, or a learned
 * blob that covers {@code num_axes} [1; -1 = to the end, 0 = a scalar] and starts at 0 unless a filler says otherwise. In place allowed.
 * Source: Caffe's Bias.
 */
public final class BiasLayer extends BroadcastLayer {
    public BiasLayer(LayerParameter param, Context context) {
        super(param, context, param.getBiasParam().getAxis(), param.getBiasParam().getNumAxes());
    }

    @Override
    public void setUp(List<Blob> bottom, List<Blob> top) {
        addOperand(bottom, param().getBiasParam().getFiller());
    }

    @Override
    public void forward(List<Blob> bottom, List<Blob> top) {
        Native.bias_forward(bottom.get(0).data().handle(), operand(bottom).data().handle(), top.get(0).data().handle(), inner());
    }

    @Override
    public Operation operation(List<Blob> bottom, List<Blob> top) {
        boolean perChannel = bottom.size() == 1 && coversChannels(bottom.get(0));
        return perChannel ? new Operation.Affine(this::ones, () -> blobs().get(0).data().toArray()) : broadcast(bottom, Native.PLAN_SUM, null);
    }

    private float[] ones() {
        float[] ones = new float[(int) blobs().get(0).count()];
        Arrays.fill(ones, 1);
        return ones;
    }

    @Override
    public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
        Tensor dy = top.get(0).diff();
        if (bottom.size() > 1 ? propagateDown[1] : paramPropagateDown(0)) {
            if (bottom.size() > 1) {
                bottom.get(1).diff().fill(0);
            }
            Native.bias_backward(dy.handle(), operand(bottom).diff().handle(), inner());
        }
        if (propagateDown[0] && bottom.get(0) != top.get(0)) {
            bottom.get(0).diff().copyFrom(dy);
        }
    }
}
