package org.caffe4j.layer.normalization;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.caffe4j.Phase;
import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** LRN, BatchNorm and MVN against their formulas in double precision. */
class NormalizationReferenceTest {
    private static void compare(double[] expected, float[] actual, String what) {
        assertEquals(expected.length, actual.length, what);
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], actual[i], 2e-5 * Math.max(1, Math.abs(expected[i])), what + ", element " + i);
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 0.75, 1", "3, 1, 0.75, 1", "5, 2e-4, 0.75, 1", "5, 3, 0.5, 2.5", "9, 0.7, 1.3, 0.1", "17, 1, 1, 1"})
    void lrn(int size, double alpha, double beta, double k) {
        int channels = 7;
        int height = 5;
        int width = 6;
        int half = size / 2;
        String fields = "local_size: " + size + " alpha: " + alpha + " beta: " + beta + " k: " + k;
        for (boolean within : new boolean[] {false, true}) {
            String description = "type: 'LRN' lrn_param { " + fields + (within ? " norm_region: WITHIN_CHANNEL" : "") + " }";
            if (within && (half >= size || height + 2 * half < size)) {
                continue;
            }
            try (LayerRunner run = LayerRunner.of(description, 1, new long[] {2, channels, height, width})) {
                float[] y = run.fillAll(1).forward();
                float[] x = run.bottom.get(0).data().toArray();
                double[] expected = new double[x.length];
                for (int i = 0; i < x.length; i++) {
                    int w = i % width;
                    int h = i / width % height;
                    int c = i / width / height % channels;
                    double sum = 0;
                    for (int a = -half; a <= half; a++) {
                        for (int b = within ? -half : 0; b <= (within ? half : 0); b++) {
                            boolean inside = within ? h + a >= 0 && h + a < height && w + b >= 0 && w + b < width : c + a >= 0 && c + a < channels;
                            double value = inside ? x[within ? i + a * width + b : i + a * height * width] : 0;
                            sum += value * value;
                        }
                    }
                    double base = within ? 1 + alpha * sum / size / size : k + alpha * sum / size;
                    expected[i] = x[i] / Math.pow(base, beta);
                }
                compare(expected, y, description);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"4, 3, 5, 0.999, 1e-5", "1, 2, 6, 0.9, 1e-3", "2, 3, 1, 0.5, 0.1", "1, 4, 1, 0.95, 1e-5"})
    void batchNormOverSeveralForwards(int batch, int channels, int spatial, double fraction, double eps) {
        long[] shape = {batch, channels, spatial};
        String fields = "batch_norm_param { moving_average_fraction: " + fraction + " eps: " + eps + " }";
        double[] mean = new double[channels];
        double[] variance = new double[channels];
        double factor = 0;
        int values = batch * spatial;
        try (LayerRunner train = new LayerRunner(Phase.TRAIN, "type: 'BatchNorm' " + fields, 1, shape);
                LayerRunner test = new LayerRunner(Phase.TEST, "type: 'BatchNorm' " + fields, 1, shape);
                LayerRunner frozen = new LayerRunner(Phase.TRAIN, "type: 'BatchNorm' " + fields.replace("}", "use_global_stats: true }"), 1, shape)) {
            for (int pass = 0; pass < 5; pass++) {
                LayerRunner.fill(train.bottom.get(0).data(), pass, -1, 2);
                float[] x = train.bottom.get(0).data().toArray();
                float[] y = train.forward();
                factor = fraction * factor + 1;
                double[] expected = new double[x.length];
                double[] tested = new double[x.length];
                for (int c = 0; c < channels; c++) {
                    double sum = 0;
                    double squares = 0;
                    for (int i = 0; i < x.length; i++) {
                        sum += i / spatial % channels == c ? x[i] : 0;
                    }
                    for (int i = 0; i < x.length; i++) {
                        squares += i / spatial % channels == c ? Math.pow(x[i] - sum / values, 2) : 0;
                    }
                    mean[c] = fraction * mean[c] + sum / values;
                    variance[c] = fraction * variance[c] + squares / values * (values == 1 ? 1 : values / (values - 1.0));
                    for (int i = 0; i < x.length; i++) {
                        if (i / spatial % channels == c) {
                            expected[i] = (x[i] - sum / values) / Math.sqrt(squares / values + eps);
                            tested[i] = (x[i] - mean[c] / factor) / Math.sqrt(variance[c] / factor + eps);
                        }
                    }
                }
                String what = fields + ", pass " + pass;
                compare(expected, y, what);
                compare(mean, train.layer.blobs().get(0).data().toArray(), "mean, " + what);
                compare(variance, train.layer.blobs().get(1).data().toArray(), "variance, " + what);
                compare(new double[] {factor}, train.layer.blobs().get(2).data().toArray(), "factor, " + what);
                for (LayerRunner other : new LayerRunner[] {test, frozen}) {
                    for (int b = 0; b < 3; b++) {
                        other.layer.blobs().get(b).data().copyFrom(train.layer.blobs().get(b).data());
                    }
                    other.bottom.get(0).data().set(x);
                    compare(tested, other.forward(), "stored statistics, " + what);
                }
            }
        }
    }

    /** The gradient takes the deviation plus eps as it came out of forward. */
    @Test
    void mvnWithALargeEps() {
        for (boolean across : new boolean[] {false, true}) {
            try (LayerRunner run = LayerRunner.of("type: 'MVN' mvn_param { eps: 0.5 across_channels: " + across + " }", 1, new long[] {2, 3, 2, 4})) {
                float[] y = run.fillAll(1).forward();
                LayerRunner.fill(run.top.get(0).diff(), 5, -1, 1);
                float[] dy = run.top.get(0).diff().toArray();
                run.backward();
                float[] x = run.bottom.get(0).data().toArray();
                int size = across ? 24 : 8;
                double[] expected = new double[x.length];
                double[] gradient = new double[x.length];
                for (int first = 0; first < x.length; first += size) {
                    double mean = 0;
                    double squares = 0;
                    double sumDy = 0;
                    double sumYDy = 0;
                    for (int i = first; i < first + size; i++) {
                        mean += x[i] / (double) size;
                    }
                    for (int i = first; i < first + size; i++) {
                        squares += (x[i] - mean) * (x[i] - mean);
                    }
                    double deviation = Math.sqrt(squares / size) + 0.5;
                    for (int i = first; i < first + size; i++) {
                        expected[i] = (x[i] - mean) / deviation;
                        sumDy += dy[i];
                        sumYDy += expected[i] * dy[i];
                    }
                    for (int i = first; i < first + size; i++) {
                        gradient[i] = (dy[i] - (sumDy + expected[i] * sumYDy) / size) / deviation;
                    }
                }
                compare(expected, y, "across " + across);
                compare(gradient, run.bottom.get(0).diff().toArray(), "gradient, across " + across);
            }
        }
    }
}
