package org.caffe4j.layer.activation;

import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.natives.Native;
import org.caffe4j.proto.ExpParameter;
import org.caffe4j.proto.LayerParameter;

/** y = base^(shift + scale · x); base −1 (default) means e, scale defaults to 1, shift to 0. Source: Caffe's Exp. */
public final class ExpLayer extends ElementwiseLayer {
    public ExpLayer(LayerParameter param, Context context) {
        this(param, context, param.getExpParam());
    }

    private ExpLayer(LayerParameter param, Context context, ExpParameter p) {
        super(param, context, Native.ELEMENTWISE_EXP, false, (float) (p.getScale() * Base.ln(p.getBase())),
                (float) Math.exp(p.getShift() * Base.ln(p.getBase())), 0);
    }

    @Override
    public void setUp(List<Blob> bottom, List<Blob> top) {
        if (!Base.isValid(param().getExpParam().getBase())) {
            throw definitionError("base must be strictly positive, or -1 for e, got " + param().getExpParam().getBase());
        }
    }
}
