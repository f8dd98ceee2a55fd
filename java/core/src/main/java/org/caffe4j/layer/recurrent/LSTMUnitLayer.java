package org.caffe4j.layer.recurrent;

import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.ShapeException;
import org.caffe4j.layer.Layer;
import org.caffe4j.natives.Native;
import org.caffe4j.proto.LayerParameter;

/**
 * One step of an LSTM cell. Bottoms: c_prev [1, N, D], gates [1, N, 4D] before activation in the order i, f, o, g, cont [1, N] (0 where a
 * sequence starts). Tops: c = cont·sigmoid(f)·c_prev + sigmoid(i)·tanh(g), h = sigmoid(o)·tanh(c). cont gets no gradient. Source: Caffe's
 * LSTMUnit.
 */
public final class LSTMUnitLayer extends Layer {
    public LSTMUnitLayer(LayerParameter param, Context context) {
        super(param, context);
    }

    @Override
    public int exactBottoms() {
        return 3;
    }

    @Override
    public int exactTops() {
        return 2;
    }

    @Override
    public boolean allowForceBackward(int bottom) {
        return bottom != 2;
    }

    @Override
    public void reshape(List<Blob> bottom, List<Blob> top) {
        Blob c = bottom.get(0);
        Blob gates = bottom.get(1);
        Blob cont = bottom.get(2);
        if (c.numAxes() != 3 || gates.numAxes() != 3 || cont.numAxes() != 2 || c.shape(0) != 1 || gates.shape(0) != 1 || cont.shape(0) != 1
                || gates.shape(1) != c.shape(1) || cont.shape(1) != c.shape(1) || gates.shape(2) != 4 * c.shape(2)) {
            throw new ShapeException(where() + "expected bottoms of shapes 1 x N x D, 1 x N x 4D and 1 x N, got " + c.shapeString() + ", "
                    + gates.shapeString() + " and " + cont.shapeString());
        }
        top.forEach(blob -> blob.reshapeLike(c));
    }

    @Override
    public void forward(List<Blob> bottom, List<Blob> top) {
        Native.lstm_unit_forward(bottom.get(0).data().handle(), bottom.get(1).data().handle(), bottom.get(2).data().handle(),
                top.get(0).data().handle(), top.get(1).data().handle());
    }

    @Override
    public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
        if (propagateDown[2]) {
            throw definitionError("Cannot backpropagate to sequence indicators.");
        }
        if (propagateDown[0] || propagateDown[1]) {
            Native.lstm_unit_backward(bottom.get(0).data().handle(), bottom.get(1).data().handle(), bottom.get(2).data().handle(),
                    top.get(0).data().handle(), top.get(0).diff().handle(), top.get(1).diff().handle(), bottom.get(0).diff().handle(),
                    bottom.get(1).diff().handle());
        }
    }
}
