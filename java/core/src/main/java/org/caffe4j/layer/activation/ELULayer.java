package org.caffe4j.layer.activation;

import org.caffe4j.Context;
import org.caffe4j.natives.Native;
import org.caffe4j.proto.LayerParameter;

/** y = x where x > 0, alpha · (e^x − 1) elsewhere; alpha defaults to 1. Source: Caffe's ELU. */
public final class ELULayer extends ElementwiseLayer {
    public ELULayer(LayerParameter param, Context context) {
        super(param, context, Native.ELEMENTWISE_ELU, param.getEluParam().getAlpha() < 0, param.getEluParam().getAlpha(), 0, 0);
    }
}
