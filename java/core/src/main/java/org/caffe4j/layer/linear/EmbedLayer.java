package org.caffe4j.layer.linear;

import java.util.Arrays;
import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.layer.Layer;
import org.caffe4j.natives.Native;
import org.caffe4j.proto.EmbedParameter;
import org.caffe4j.proto.LayerParameter;

/**
 * Looks up learned vectors: integers in [0, input_dim), of any shape, become that shape + [num_output]. Weight [input_dim, num_output],
 * bias [num_output] if bias_term [true]. An index out of range is a DataException (Caffe checks in debug builds only). There is no
 * gradient for the indices. Source: Caffe's Embed.
 */
public final class EmbedLayer extends Layer {
    private final EmbedParameter settings;
    private final long outputs;

    public EmbedLayer(LayerParameter param, Context context) {
        super(param, context);
        settings = param.getEmbedParam();
        outputs = Integer.toUnsignedLong(settings.getNumOutput());
    }

    @Override
    public int exactBottoms() {
        return 1;
    }

    @Override
    public int exactTops() {
        return 1;
    }

    @Override
    public void setUp(List<Blob> bottom, List<Blob> top) {
        if (outputs == 0) {
            throw definitionError("EmbedLayer num_output must be positive.");
        }
        if (settings.getInputDim() == 0) {
            throw definitionError("EmbedLayer input_dim must be positive.");
        }
        addParam(settings.getWeightFiller(), Integer.toUnsignedLong(settings.getInputDim()), outputs);
        if (settings.getBiasTerm()) {
            addParam(settings.getBiasFiller(), outputs);
        }
    }

    @Override
    public void reshape(List<Blob> bottom, List<Blob> top) {
        long[] shape = Arrays.copyOf(bottom.get(0).shape(), bottom.get(0).numAxes() + 1);
        shape[shape.length - 1] = outputs;
        top.get(0).reshape(shape);
    }

    @Override
    public void forward(List<Blob> bottom, List<Blob> top) {
        Native.embed_forward(bottom.get(0).data().handle(), blobs().get(0).data().handle(),
                settings.getBiasTerm() ? blobs().get(1).data().handle() : null, outputs, top.get(0).data().handle());
    }

    @Override
    public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
        if (propagateDown[0]) {
            throw definitionError("Can't backpropagate to EmbedLayer input.");
        }
        if (paramPropagateDown(0)) {
            Native.embed_backward(bottom.get(0).data().handle(), top.get(0).diff().handle(), outputs, blobs().get(0).diff().handle());
        }
        if (settings.getBiasTerm() && paramPropagateDown(1)) {
            Native.bias_backward(top.get(0).diff().handle(), blobs().get(1).diff().handle(), 1);
        }
    }

    @Override
    public boolean allowForceBackward(int bottom) {
        return false;
    }
}
