package org.caffe4j.layer.recurrent;

import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.NativeResource;
import org.caffe4j.natives.Native;
import org.caffe4j.natives.RnnHandle;
import org.caffe4j.natives.TensorHandle;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.RecurrentParameter;

/**
 * h = tanh(W_hh·(cont·h_prev) + W_xh·x + b_h (+ W_xh_static·x_static)), output tanh(W_ho·h + b_o). Learned: W_xh [D, K], b_h [D],
 * [W_xh_static], W_hh [D, D], W_ho [D, D], b_o [D]. State: h. See {@link RecurrentLayer} for blobs and fields. Source: Caffe's RNN.
 */
public final class RNNLayer extends RecurrentLayer {
    private NativeResource<RnnHandle> operation;

    public RNNLayer(LayerParameter param, Context context) {
        super(param, context);
    }

    @Override
    int states() {
        return 1;
    }

    @Override
    int gates() {
        return 1;
    }

    @Override
    void addStateParams(RecurrentParameter fields) {
        addParam(fields.getWeightFiller(), outputs(), outputs());
        addParam(fields.getWeightFiller(), outputs(), outputs());
        addParam(fields.getBiasFiller(), outputs());
    }

    @Override
    void createOperation(long steps, long inputs, long staticInputs) {
        operation = new NativeResource<>(this, type(), Native.rnn_create(context().handle(), steps, inputs, staticInputs, outputs()),
                Native::rnn_destroy);
    }

    @Override
    void run(Blob x, Blob cont, Blob xStatic, List<Blob> first, Blob output, List<Blob> last) {
        Native.rnn_forward(operation.get(), dataOf(x), dataOf(cont), dataOf(xStatic), data(0), data(1), staticWeight(), data(stateParam()),
                data(stateParam() + 1), data(stateParam() + 2), dataOf(first.get(0)), dataOf(output), dataOf(last.get(0)));
    }

    @Override
    void runBackward(Blob x, Blob cont, Blob xStatic, Blob output, List<Blob> last, TensorHandle xDiff, TensorHandle xStaticDiff,
            List<Blob> first) {
        Native.rnn_backward(operation.get(), dataOf(x), dataOf(cont), dataOf(xStatic), data(0), staticWeight(), data(stateParam()),
                data(stateParam() + 1), dataOf(output), output.diff().handle(), diffOf(last, 0), xDiff, xStaticDiff, diff(0), diff(1),
                staticWeightDiff(), diff(stateParam()), diff(stateParam() + 1), diff(stateParam() + 2), diffOf(first, 0));
    }

    @Override
    public void close() {
        super.close();
        if (operation != null) {
            operation.close();
        }
    }
}
