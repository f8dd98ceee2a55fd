package org.caffe4j.layer.recurrent;

import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.NativeResource;
import org.caffe4j.natives.LstmHandle;
import org.caffe4j.natives.Native;
import org.caffe4j.natives.TensorHandle;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.RecurrentParameter;

/**
 * LSTM (Hochreiter and Schmidhuber, 1997; as in Donahue et al., 2015): gates in the order i, f, o, g;
 * c = cont·f∘c_prev + i∘g, h = o∘tanh(c), where every gate sums W_xc·x + b_c (+ W_xc_static·x_static) + W_hc·(cont·h_prev). Learned: W_xc
 * [4D, K], b_c [4D], [W_xc_static], W_hc [4D, D]. States: h, c. See {@link RecurrentLayer} for blobs and fields. Source: Caffe's LSTM.
 */
public final class LSTMLayer extends RecurrentLayer {
    private NativeResource<LstmHandle> operation;

    public LSTMLayer(LayerParameter param, Context context) {
        super(param, context);
    }

    @Override
    int states() {
        return 2;
    }

    @Override
    int gates() {
        return 4;
    }

    @Override
    void addStateParams(RecurrentParameter fields) {
        addParam(fields.getWeightFiller(), 4 * outputs(), outputs());
    }

    @Override
    void createOperation(long steps, long inputs, long staticInputs) {
        operation = new NativeResource<>(this, type(), Native.lstm_create(context().handle(), steps, inputs, staticInputs, outputs()),
                Native::lstm_destroy);
    }

    @Override
    void run(Blob x, Blob cont, Blob xStatic, List<Blob> first, Blob output, List<Blob> last) {
        Native.lstm_forward(operation.get(), dataOf(x), dataOf(cont), dataOf(xStatic), data(0), data(1), staticWeight(), data(stateParam()),
                dataOf(first.get(0)), dataOf(first.get(1)), dataOf(output), dataOf(last.get(0)), dataOf(last.get(1)));
    }

    @Override
    void runBackward(Blob x, Blob cont, Blob xStatic, Blob output, List<Blob> last, TensorHandle xDiff, TensorHandle xStaticDiff,
            List<Blob> first) {
        Native.lstm_backward(operation.get(), dataOf(x), dataOf(cont), dataOf(xStatic), data(0), staticWeight(), data(stateParam()),
                output.diff().handle(), diffOf(last, 0), diffOf(last, 1), xDiff, xStaticDiff, diff(0), diff(1), staticWeightDiff(),
                diff(stateParam()), diffOf(first, 0), diffOf(first, 1));
    }

    @Override
    public void close() {
        super.close();
        if (operation != null) {
            operation.close();
        }
    }
}
