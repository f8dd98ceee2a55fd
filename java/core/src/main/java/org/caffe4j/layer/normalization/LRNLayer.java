package org.caffe4j.layer.normalization;

import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.ShapeException;
import org.caffe4j.layer.activation.NeuronLayer;
import org.caffe4j.natives.Native;
import org.caffe4j.optimize.Operation;
import org.caffe4j.proto.LRNParameter;
import org.caffe4j.proto.LayerParameter;

/**
 * Local response normalization of N×C×H×W blobs. ACROSS_CHANNELS: y = x / (k + alpha/local_size · Σ x²)^beta over local_size channels
 * around each value; WITHIN_CHANNEL: y = x / (1 + alpha/local_size² · Σ x²)^beta over a square of its channel, k being ignored. Zeros lie
 * outside.
 *
 * <p>Fields: local_size [5], odd; alpha [1], beta [0.75], k [1], norm_region. engine: cuDNN on a GPU for sizes up to 16, else our own. In
 * place it has no gradient. Source: Caffe's LRN.
 */
public final class LRNLayer extends NeuronLayer {
    private final LRNParameter settings;
    private final int region;
    private final long size;
    private final float k;
    private int engine;

    public LRNLayer(LayerParameter param, Context context) {
        super(param, context);
        settings = param.getLrnParam();
        boolean across = settings.getNormRegion() == LRNParameter.NormRegion.ACROSS_CHANNELS;
        region = across ? Native.LRN_ACROSS_CHANNELS : Native.LRN_WITHIN_CHANNEL;
        size = Integer.toUnsignedLong(settings.getLocalSize());
        k = across ? settings.getK() : 1;
    }

    @Override
    public void setUp(List<Blob> bottom, List<Blob> top) {
        engine = engine(settings.getEngine());
        if (size % 2 == 0) {
            throw definitionError("LRN only supports odd values for local_size (it is " + size + ")");
        }
    }

    @Override
    public void reshape(List<Blob> bottom, List<Blob> top) {
        if (bottom.get(0).numAxes() != 4) {
            throw new ShapeException(where() + "Input must have 4 axes, corresponding to (num, channels, height, width), got shape "
                    + bottom.get(0).shapeString());
        }
        super.reshape(bottom, top);
    }

    @Override
    public void forward(List<Blob> bottom, List<Blob> top) {
        Native.lrn_forward(bottom.get(0).data().handle(), top.get(0).data().handle(), region, size, settings.getAlpha(), settings.getBeta(), k,
                engine);
    }

    @Override
    public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
        if (!propagateDown[0]) {
            return;
        }
        if (top.get(0) == bottom.get(0)) {
            throw definitionError("in place the input, which the gradient needs, is lost; give the layer a top of its own");
        }
        Native.lrn_backward(bottom.get(0).data().handle(), top.get(0).diff().handle(), bottom.get(0).diff().handle(), region, size,
                settings.getAlpha(), settings.getBeta(), k, engine);
    }

    @Override
    public Operation operation(List<Blob> bottom, List<Blob> top) {
        return new Operation.Lrn(region, size, settings.getAlpha(), settings.getBeta(), k);
    }
}
