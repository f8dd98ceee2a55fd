package org.caffe4j.layer.activation;

import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.natives.Native;
import org.caffe4j.proto.LayerParameter;

/** y = 1 / (1 + e^−x). Source: Caffe's Sigmoid. */
public final class SigmoidLayer extends ElementwiseLayer {
    public SigmoidLayer(LayerParameter param, Context context) {
        super(param, context, Native.ELEMENTWISE_SIGMOID, false, 0, 0, 0);
    }

    @Override
    public void setUp(List<Blob> bottom, List<Blob> top) {
        chooseEngine(param().getSigmoidParam().getEngine());
    }
}
