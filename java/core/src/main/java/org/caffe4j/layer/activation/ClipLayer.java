package org.caffe4j.layer.activation;

import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.natives.Native;
import org.caffe4j.proto.LayerParameter;

/** y = x limited to [min, max], both required; the gradient passes where min ≤ x ≤ max. Source: Caffe's Clip. */
public final class ClipLayer extends ElementwiseLayer {
    public ClipLayer(LayerParameter param, Context context) {
        super(param, context, Native.ELEMENTWISE_CLIP, true, param.getClipParam().getMin(), param.getClipParam().getMax(), 0);
    }

    @Override
    public void setUp(List<Blob> bottom, List<Blob> top) {
        if (!param().getClipParam().hasMin() || !param().getClipParam().hasMax()) {
            throw definitionError("clip_param needs both min and max");
        }
    }
}
