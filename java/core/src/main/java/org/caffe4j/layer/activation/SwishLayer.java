package org.caffe4j.layer.activation;

import org.caffe4j.Context;
import org.caffe4j.natives.Native;
import org.caffe4j.proto.LayerParameter;

/** y = x · sigmoid(beta · x); beta defaults to 1. Source: Caffe's Swish. */
public final class SwishLayer extends ElementwiseLayer {
    public SwishLayer(LayerParameter param, Context context) {
        super(param, context, Native.ELEMENTWISE_SWISH, true, param.getSwishParam().getBeta(), 0, 0);
    }
}
