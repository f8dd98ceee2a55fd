package org.caffe4j.layer.activation;

import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.natives.Native;
import org.caffe4j.proto.LayerParameter;

/** y = tanh x. Source: Caffe's TanH. */
public final class TanHLayer extends ElementwiseLayer {
    public TanHLayer(LayerParameter param, Context context) {
        super(param, context, Native.ELEMENTWISE_TANH, false, 0, 0, 0);
    }

    @Override
    public void setUp(List<Blob> bottom, List<Blob> top) {
        chooseEngine(param().getTanhParam().getEngine());
    }
}
