package org.caffe4j.layer.normalization;

import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.layer.activation.NeuronLayer;
import org.caffe4j.natives.Native;
import org.caffe4j.optimize.Operation;
import org.caffe4j.proto.LayerParameter;

/**
 * y = e^x / Σ e^x along {@code axis} [1], computed with the largest x subtracted. May run in place. engine: cuDNN on a GPU,
 * else our own. Source: Caffe's Softmax.
 */
public final class SoftmaxLayer extends NeuronLayer {
    private int engine;

    public SoftmaxLayer(LayerParameter param, Context context) {
        super(param, context);
    }

    @Override
    public void setUp(List<Blob> bottom, List<Blob> top) {
        engine = engine(param().getSoftmaxParam().getEngine());
    }

    @Override
    public void reshape(List<Blob> bottom, List<Blob> top) {
        axis(bottom.get(0));
        super.reshape(bottom, top);
    }

    @Override
    public void forward(List<Blob> bottom, List<Blob> top) {
        Blob x = bottom.get(0);
        int axis = axis(x);
        Native.softmax_forward(x.data().handle(), top.get(0).data().handle(), x.count(0, axis), x.shape(axis), x.count(axis + 1), engine);
    }

    @Override
    public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
        if (propagateDown[0]) {
            Blob y = top.get(0);
            int axis = axis(y);
            Native.softmax_backward(y.data().handle(), y.diff().handle(), bottom.get(0).diff().handle(), y.count(0, axis), y.shape(axis),
                    y.count(axis + 1), engine);
        }
    }

    private int axis(Blob blob) {
        return blob.canonicalAxis(param().getSoftmaxParam().getAxis());
    }

    @Override
    public Operation operation(List<Blob> bottom, List<Blob> top) {
        return new Operation.Softmax(param().getSoftmaxParam().getAxis());
    }
}
