package org.caffe4j.layer.activation;

import org.caffe4j.Context;
import org.caffe4j.natives.Native;
import org.caffe4j.proto.LayerParameter;

/**
 * y = (shift + scale · x)^power, defaults 0, 1, 1. If power or scale is 0 the result is the constant shift^power (1 for power 0) with a
 * gradient of 0. Source: Caffe's Power.
 */
public final class PowerLayer extends ElementwiseLayer {
    public PowerLayer(LayerParameter param, Context context) {
        super(param, context, Native.ELEMENTWISE_POWER, param.getPowerParam().getPower() != 1, param.getPowerParam().getPower(),
                param.getPowerParam().getScale(), param.getPowerParam().getShift());
    }
}
