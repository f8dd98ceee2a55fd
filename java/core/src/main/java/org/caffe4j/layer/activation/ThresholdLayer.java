package org.caffe4j.layer.activation;

import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.natives.Native;
import org.caffe4j.proto.LayerParameter;

/** y = 1 where x > threshold [0], 0 elsewhere; has no gradient. Source: Caffe's Threshold. */
public final class ThresholdLayer extends ElementwiseLayer {
    public ThresholdLayer(LayerParameter param, Context context) {
        super(param, context, Native.ELEMENTWISE_THRESHOLD, false, param.getThresholdParam().getThreshold(), 0, 0);
    }

    @Override
    public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
        if (propagateDown[0]) {
            throw definitionError("Threshold has no gradient; set propagate_down: false or train nothing below it");
        }
    }
}
