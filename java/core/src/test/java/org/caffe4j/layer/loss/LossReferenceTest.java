package org.caffe4j.layer.loss;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.caffe4j.layer.LayerRunner;
import org.caffe4j.layer.Nd;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** SoftmaxWithLoss, InfogainLoss and SigmoidCrossEntropyLoss in every way to normalize, with and without an ignored label, in double precision. */
class LossReferenceTest {
    private static final List<String> NORMALIZATIONS = List.of("", "normalization: FULL", "normalization: VALID", "normalization: BATCH_SIZE",
        "normalization: NONE", "normalize: true", "normalize: false", "normalize: false normalization: FULL");

    private static double divisor(String fields, String ifUnset, long outer, long inner, long valid) {
        String mode = fields.contains("normalization: ") ? fields.replaceFirst(".*normalization: (\\w+).*", "$1")
            : fields.contains("normalize: true") ? "VALID" : fields.contains("normalize: false") ? "BATCH_SIZE" : ifUnset;
        return Math.max(1, switch (mode) {
            case "FULL" -> outer * inner;
            case "VALID" -> valid;
            case "BATCH_SIZE" -> outer;
            default -> 1;
        });
    }

    private static LayerRunner runner(String type, String fields, float[] scores, long[] shape, float[] labels, long[] labelShape) {
        LayerRunner run = LayerRunner.of("type: '" + type + "' " + fields, 1, shape, labelShape);
        run.bottom.get(0).data().set(scores);
        run.bottom.get(1).data().set(labels);
        return run;
    }

    private static void check(LayerRunner run, double loss, double[] gradient, double divisor, String what) {
        assertEquals(loss / divisor, run.forward()[0], 1e-5 * Math.max(1, Math.abs(loss / divisor)), what);
        run.top.get(0).diff().set(1.5f);
        boolean[] first = new boolean[run.bottom.size()];
        first[0] = true;
        run.backward(first);
        float[] diff = run.bottom.get(0).diff().toArray();
        for (int i = 0; i < diff.length; i++) {
            assertEquals(1.5 * gradient[i] / divisor, diff[i], 1e-5, what + ", element " + i);
        }
    }

    @ParameterizedTest
    @CsvSource({"4 5, 1", "2 3 4, 1", "2 3 2 2, 1", "2 3 2 4, -1", "3 4, 0", "2 1, 1", "1 3, -1"})
    void softmaxLosses(String shapeText, int axisField) {
        long[] shape = List.of(shapeText.split(" ")).stream().mapToLong(Long::parseLong).toArray();
        int axis = axisField < 0 ? axisField + shape.length : axisField;
        int classes = (int) shape[axis];
        int outer = Nd.count(Nd.part(shape, 0, axis));
        int inner = Nd.count(Nd.part(shape, axis + 1, shape.length));
        long[] labelShape = axis == 0 ? new long[] {shape[0], Math.max(1, inner / shape[0])} : Nd.join(Nd.part(shape, 0, axis),
            Nd.part(shape, axis + 1, shape.length));
        if (Nd.count(labelShape) != outer * inner) {
            labelShape = new long[] {shape[0], 1}; // the first dimensions must be equal, and there is one label an item
        }
        Random random = new Random(7);
        float[] scores = new float[Nd.count(shape)];
        for (int i = 0; i < scores.length; i++) {
            scores[i] = (float) (6 * random.nextDouble() - 3);
        }
        scores[0] += 120; // the other classes of this item get a probability below the least float
        float[] labels = new float[Nd.count(labelShape)];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = random.nextInt(classes) + 0.25f * random.nextInt(3); // cut to whole numbers
        }
        if (labels.length != outer * inner) {
            return; // no blob of labels has both the first dimension and the count
        }
        float[] h = new float[classes * classes];
        for (int i = 0; i < h.length; i++) {
            h[i] = random.nextFloat();
        }
        for (int ignored : new int[] {-1, 0}) {
            for (String normalization : NORMALIZATIONS) {
                String loss = "loss_param { " + normalization + (ignored >= 0 ? " ignore_label: " + ignored : "") + " }";
                double[] softmax = new double[scores.length];
                double[] infogain = new double[scores.length];
                double softmaxLoss = 0;
                double infogainLoss = 0;
                int valid = 0;
                for (int item = 0; item < outer * inner; item++) {
                    int first = item / inner * classes * inner + item % inner;
                    int label = (int) labels[item];
                    if (label == ignored) {
                        continue;
                    }
                    valid++;
                    double max = Double.NEGATIVE_INFINITY;
                    double sum = 0;
                    for (int c = 0; c < classes; c++) {
                        max = Math.max(max, scores[first + c * inner]);
                    }
                    for (int c = 0; c < classes; c++) {
                        sum += Math.exp(scores[first + c * inner] - max);
                    }
                    double row = 0;
                    for (int c = 0; c < classes; c++) {
                        row += h[label * classes + c];
                    }
                    for (int c = 0; c < classes; c++) {
                        double p = Math.exp(scores[first + c * inner] - max) / sum;
                        softmax[first + c * inner] = p - (c == label ? 1 : 0);
                        infogain[first + c * inner] = p * row - h[label * classes + c];
                        infogainLoss -= h[label * classes + c] * Math.log(Math.max((float) p, 1e-20));
                        if (c == label) {
                            softmaxLoss -= Math.log(Math.max((float) p, Float.MIN_NORMAL));
                        }
                    }
                }
                double divisor = divisor(normalization, "VALID", outer, inner, valid);
                String what = shapeText + ", axis " + axisField + ", " + loss;
                try (LayerRunner run = runner("SoftmaxWithLoss", "softmax_param { axis: " + axisField + " } " + loss, scores, shape, labels,
                        labelShape)) {
                    check(run, softmaxLoss, softmax, divisor, what);
                }
                if (!normalization.contains("normalize:")) {
                    try (LayerRunner run = LayerRunner.of("type: 'InfogainLoss' infogain_loss_param { axis: " + axisField + " } " + loss, 1, shape,
                            labelShape, new long[] {1, 1, classes, classes})) {
                        run.bottom.get(0).data().set(scores);
                        run.bottom.get(1).data().set(labels);
                        run.bottom.get(2).data().set(h);
                        check(run, infogainLoss, infogain, divisor, "infogain " + what);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"4 5", "2 3 4", "3"})
    void sigmoidCrossEntropy(String shapeText) {
        long[] shape = List.of(shapeText.split(" ")).stream().mapToLong(Long::parseLong).toArray();
        Random random = new Random(8);
        float[] x = new float[Nd.count(shape)];
        float[] t = new float[x.length];
        for (int i = 0; i < x.length; i++) {
            x[i] = i == 0 ? -120 : i == 1 ? 120 : (float) (8 * random.nextDouble() - 4);
            t[i] = random.nextInt(4) == 0 ? random.nextFloat() : random.nextInt(2);
        }
        for (int ignored : new int[] {-1, 1}) {
            for (String normalization : NORMALIZATIONS) {
                double[] gradient = new double[x.length];
                double loss = 0;
                int valid = 0;
                for (int i = 0; i < x.length; i++) {
                    if ((int) t[i] == ignored) {
                        continue;
                    }
                    valid++;
                    loss -= x[i] * (t[i] - (x[i] >= 0 ? 1 : 0)) - Math.log1p(Math.exp(-Math.abs((double) x[i])));
                    gradient[i] = 1 / (1 + Math.exp(-x[i])) - t[i];
                }
                String fields = "loss_param { " + normalization + (ignored >= 0 ? " ignore_label: " + ignored : "") + " }";
                try (LayerRunner run = runner("SigmoidCrossEntropyLoss", fields, x, shape, t, shape)) {
                    check(run, loss, gradient, divisor(normalization, "BATCH_SIZE", shape[0], x.length / shape[0], valid),
                        String.format(Locale.ROOT, "%s, %s", shapeText, fields));
                }
            }
        }
    }
}
