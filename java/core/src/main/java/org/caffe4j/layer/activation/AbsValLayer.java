package org.caffe4j.layer.activation;

import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.natives.Native;
import org.caffe4j.proto.LayerParameter;

/** y = |x|, not in place; the gradient at 0 is 0. Source: Caffe's AbsVal. */
public final class AbsValLayer extends ElementwiseLayer {
    public AbsValLayer(LayerParameter param, Context context) {
        super(param, context, Native.ELEMENTWISE_ABSVAL, true, 0, 0, 0);
    }

    @Override
    public void reshape(List<Blob> bottom, List<Blob> top) {
        refuseInPlace(bottom, top);
        super.reshape(bottom, top);
    }
}
