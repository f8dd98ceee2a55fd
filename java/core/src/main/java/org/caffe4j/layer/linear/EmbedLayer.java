package org.caffe4j.layer.linear;

import java.util.Arrays;
import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.natives.Native;
import org.caffe4j.proto.EmbedParameter;
import org.caffe4j.proto.LayerParameter;

/**
 * Looks up learned vectors: integers in [0, input_dim), of any shape, become that shape + [num_output]. Weight [input_dim, num_output],
 * bias [num_output] if bias_term [true]. An index out of range is a DataException (Caffe checks in debug builds only). There is no
 * gradient for the indices. Source: Caffe's Embed.
 */
public final class EmbedLayer extends LinearLayer {
    private final EmbedParameter settings;

    public EmbedLayer(LayerParameter param, Context context) {
        super(param, context, param.getEmbedParam().getNumOutput(), param.getEmbedParam().getBiasTerm());
        settings = param.getEmbedParam();
    }

    @Override
    public void setUp(List<Blob> bottom, List<Blob> top) {
        requireOutputs();
        if (settings.getInputDim() == 0) {
            throw definitionError("input_dim must be positive");
        }
        addWeightAndBias(settings.getWeightFiller(), settings.getBiasFiller(), Integer.toUnsignedLong(settings.getInputDim()), outputs());
    }

    @Override
    public void reshape(List<Blob> bottom, List<Blob> top) {
        long[] shape = Arrays.copyOf(bottom.get(0).shape(), bottom.get(0).numAxes() + 1);
        shape[shape.length - 1] = outputs();
        top.get(0).reshape(shape);
    }

    @Override
    public void forward(List<Blob> bottom, List<Blob> top) {
        Native.embed_forward(bottom.get(0).data().handle(), weight().data().handle(), biasData(), outputs(), top.get(0).data().handle());
    }

    @Override
    public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
        if (propagateDown[0]) {
            throw definitionError("Can't backpropagate to EmbedLayer input.");
        }
        if (paramPropagateDown(0)) {
            Native.embed_backward(bottom.get(0).data().handle(), top.get(0).diff().handle(), outputs(), weightDiff());
        }
        if (biasDiff() != null) {
            Native.bias_backward(top.get(0).diff().handle(), biasDiff(), 1);
        }
    }

    @Override
    public boolean allowForceBackward(int bottom) {
        return false;
    }
}
