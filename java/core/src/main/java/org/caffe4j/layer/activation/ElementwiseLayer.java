package org.caffe4j.layer.activation;

import com.google.protobuf.ProtocolMessageEnum;
import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.layer.KeptBottom;
import org.caffe4j.natives.Native;
import org.caffe4j.optimize.Operation;
import org.caffe4j.proto.LayerParameter;

/** A layer that computes one function of one value, with up to three parameters, on every element; see elementwise.h. */
abstract class ElementwiseLayer extends NeuronLayer {
    private final int function;
    private final boolean gradientReadsBottom;
    private final float a;
    private final float b;
    private final float c;
    private final KeptBottom kept;
    private int engine = Native.ENGINE_DEFAULT;

    /**
     * @param function which one, {@code Native.ELEMENTWISE_…}
     * @param gradientReadsBottom whether the gradient needs the bottom's values, which are then kept when the layer is in place
     */
    ElementwiseLayer(LayerParameter param, Context context, int function, boolean gradientReadsBottom, float a, float b, float c) {
        super(param, context);
        this.function = function;
        this.gradientReadsBottom = gradientReadsBottom;
        this.a = a;
        this.b = b;
        this.c = c;
        this.kept = new KeptBottom(context);
    }

    /** For functions that cuDNN computes too. */
    final void chooseEngine(ProtocolMessageEnum field) {
        engine = engine(field);
    }

    @Override
    public void forward(List<Blob> bottom, List<Blob> top) {
        Blob x = gradientReadsBottom ? kept.keep(bottom.get(0), top.get(0)) : bottom.get(0);
        Native.elementwise_forward(function, x.data().handle(), top.get(0).data().handle(), a, b, c, engine);
    }

    @Override
    public Operation operation(List<Blob> bottom, List<Blob> top) {
        boolean constant = function == Native.ELEMENTWISE_POWER && a * b == 0;
        return constant || function == Native.ELEMENTWISE_THRESHOLD ? null : new Operation.Activation(function, a, b, c);
    }

    @Override
    public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
        if (propagateDown[0]) {
            Blob x = gradientReadsBottom ? kept.get(bottom.get(0), top.get(0)) : bottom.get(0);
            Native.elementwise_backward(function, x.data().handle(), top.get(0).data().handle(), top.get(0).diff().handle(),
                    bottom.get(0).diff().handle(), a, b, c, engine);
        }
    }

    @Override
    public void close() {
        kept.close();
        super.close();
    }
}
