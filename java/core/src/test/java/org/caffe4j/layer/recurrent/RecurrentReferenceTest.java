package org.caffe4j.layer.recurrent;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.ArrayList;
import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** LSTM and RNN against their formulas in double precision, over several forwards, with batches that change. */
class RecurrentReferenceTest {
    private static final int STEPS = 3;
    private static final int INPUTS = 4;
    private static final int OUTPUTS = 2;

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    /** sum[row] += W[row, :] · x. */
    private static void multiply(float[] weight, double[] x, double[] sum) {
        for (int row = 0; row < sum.length; row++) {
            for (int i = 0; i < x.length; i++) {
                sum[row] += weight[row * x.length + i] * x[i];
            }
        }
    }

    private static double[] part(float[] values, int from, int count, double factor) {
        double[] part = new double[count];
        for (int i = 0; i < count; i++) {
            part[i] = factor * values[from + i];
        }
        return part;
    }

    /** One stream's steps; changes the states in place and gives the outputs of all steps. */
    private static double[][] sequence(boolean lstm, List<Blob> blobs, float[] x, float[] cont, float[] xStatic, int batch, int stream,
            double[] h, double[] c) {
        boolean hasStatic = xStatic != null;
        double[][] outputs = new double[STEPS][OUTPUTS];
        for (int t = 0; t < STEPS; t++) {
            double go = cont[t * batch + stream];
            double[] sum = new double[(lstm ? 4 : 1) * OUTPUTS];
            multiply(blobs.get(0).data().toArray(), part(x, (t * batch + stream) * INPUTS, INPUTS, 1), sum);
            float[] bias = blobs.get(1).data().toArray();
            for (int i = 0; i < sum.length; i++) {
                sum[i] += bias[i];
            }
            if (hasStatic) {
                multiply(blobs.get(2).data().toArray(), part(xStatic, stream * 3, 3, 1), sum);
            }
            double[] before = new double[OUTPUTS];
            for (int i = 0; i < OUTPUTS; i++) {
                before[i] = go * h[i];
            }
            int next = hasStatic ? 3 : 2;
            multiply(blobs.get(next).data().toArray(), before, sum);
            if (lstm) {
                for (int i = 0; i < OUTPUTS; i++) {
                    c[i] = go * sigmoid(sum[OUTPUTS + i]) * c[i] + sigmoid(sum[i]) * Math.tanh(sum[3 * OUTPUTS + i]);
                    h[i] = sigmoid(sum[2 * OUTPUTS + i]) * Math.tanh(c[i]);
                    outputs[t][i] = h[i];
                }
            } else {
                for (int i = 0; i < OUTPUTS; i++) {
                    h[i] = Math.tanh(sum[i]);
                }
                double[] out = new double[OUTPUTS];
                multiply(blobs.get(next + 1).data().toArray(), h, out);
                for (int i = 0; i < OUTPUTS; i++) {
                    outputs[t][i] = Math.tanh(out[i] + blobs.get(next + 2).data().toArray()[i]);
                }
            }
        }
        return outputs;
    }

    @ParameterizedTest
    @CsvSource({"LSTM, false, false", "LSTM, true, false", "LSTM, false, true", "LSTM, true, true", "RNN, false, false", "RNN, true, false",
        "RNN, false, true", "RNN, true, true"})
    void matchesTheFormulas(String type, boolean withStatic, boolean exposed) {
        boolean lstm = type.equals("LSTM");
        int states = lstm ? 2 : 1;
        List<long[]> shapes = new ArrayList<>(List.of(new long[] {STEPS, 2, INPUTS}, new long[] {STEPS, 2}));
        if (withStatic) {
            shapes.add(new long[] {2, 3});
        }
        for (int i = 0; i < states && exposed; i++) {
            shapes.add(new long[] {1, 2, OUTPUTS});
        }
        try (LayerRunner run = LayerRunner.of("type: '" + type + "' recurrent_param { num_output: 2 expose_hidden: " + exposed + " }",
                exposed ? 1 + states : 1, shapes.toArray(new long[0][]))) {
            run.fillAll(1);
            double[][] h = new double[3][OUTPUTS];
            double[][] c = new double[3][OUTPUTS];
            for (int pass = 0; pass < 3; pass++) {
                int batch = exposed ? 2 + pass : 2; // what carries over has the batch of before
                for (int i = 0; i < run.bottom.size(); i++) {
                    long[] shape = shapes.get(i);
                    shape[withStatic && i == 2 ? 0 : 1] = batch;
                    run.bottom.get(i).reshape(shape);
                    LayerRunner.fill(run.bottom.get(i).data(), 10L * pass + i, -1, 1);
                }
                float[] cont = new float[STEPS * batch];
                for (int i = 0; i < cont.length; i++) {
                    cont[i] = (i + pass) % 4 == 0 ? 0 : 1;
                }
                run.bottom.get(1).data().set(cont);
                if (exposed) {
                    h = new double[batch][];
                    c = new double[batch][];
                    float[] first = run.bottom.get(run.bottom.size() - states).data().toArray();
                    float[] second = run.bottom.get(run.bottom.size() - 1).data().toArray();
                    for (int n = 0; n < batch; n++) {
                        h[n] = part(first, n * OUTPUTS, OUTPUTS, 1);
                        c[n] = part(second, n * OUTPUTS, OUTPUTS, 1);
                    }
                }
                float[] y = run.forward();
                double[] expected = new double[STEPS * batch * OUTPUTS];
                double[] last = new double[batch * OUTPUTS];
                double[] lastCell = new double[batch * OUTPUTS];
                for (int n = 0; n < batch; n++) {
                    double[][] outputs = sequence(lstm, run.layer.blobs(), run.bottom.get(0).data().toArray(), cont,
                            withStatic ? run.bottom.get(2).data().toArray() : null, batch, n, h[n], c[n]);
                    for (int t = 0; t < STEPS; t++) {
                        System.arraycopy(outputs[t], 0, expected, (t * batch + n) * OUTPUTS, OUTPUTS);
                    }
                    System.arraycopy(h[n], 0, last, n * OUTPUTS, OUTPUTS);
                    System.arraycopy(c[n], 0, lastCell, n * OUTPUTS, OUTPUTS);
                }
                compare(expected, y, type + ", pass " + pass);
                if (exposed) {
                    compare(last, run.top.get(1).data().toArray(), type + " h, pass " + pass);
                }
                if (exposed && lstm) {
                    compare(lastCell, run.top.get(2).data().toArray(), "c, pass " + pass);
                }
            }
        }
    }

    private static void compare(double[] expected, float[] actual, String what) {
        double[] wide = new double[actual.length];
        java.util.Arrays.setAll(wide, i -> actual[i]);
        assertArrayEquals(expected, wide, 1e-5, what);
    }
}
