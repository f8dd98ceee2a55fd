package org.caffe4j.layer.activation;

import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.natives.Native;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.LogParameter;

/**
 * y = log_base(shift + scale · x); base −1 (default) means e, scale defaults to 1, shift to 0. Where the argument is not positive the
 * result is −∞ or NaN. Source: Caffe's Log.
 */
public final class LogLayer extends ElementwiseLayer {
    public LogLayer(LayerParameter param, Context context) {
        this(param, context, param.getLogParam());
    }

    private LogLayer(LayerParameter param, Context context, LogParameter p) {
        super(param, context, Native.ELEMENTWISE_LOG, true, p.getScale(), p.getShift(), (float) (1 / Base.ln(p.getBase())));
    }

    @Override
    public void setUp(List<Blob> bottom, List<Blob> top) {
        float base = param().getLogParam().getBase();
        if (!Base.isValid(base) || base == 1) {
            throw definitionError("base must be strictly positive and not 1, or -1 for e, got " + base);
        }
    }
}
