package org.caffe4j.layer.activation;

import org.caffe4j.Context;
import org.caffe4j.natives.Native;
import org.caffe4j.proto.LayerParameter;

/** y = log(1 + e^x), the binomial normal log likelihood, without overflow. Source: Caffe's BNLL. */
public final class BNLLLayer extends ElementwiseLayer {
    public BNLLLayer(LayerParameter param, Context context) {
        super(param, context, Native.ELEMENTWISE_BNLL, true, 0, 0, 0);
    }
}
