package org.caffe4j.layer.loss;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.caffe4j.layer.LayerRunner;
import org.caffe4j.layer.Nd;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Accuracy and ArgMax against their rules, with many ties. */
class RankReferenceTest {
    private static float[] ties(int count, Random random) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = random.nextInt(4) - 2;
        }
        return values;
    }

    @ParameterizedTest
    @CsvSource({"6 5, 1", "3 4 5, 1", "2 3 4, -1", "2 4 2 3, 1", "2 3 2 4, 2"})
    void accuracy(String shapeText, int axisField) {
        long[] shape = List.of(shapeText.split(" ")).stream().mapToLong(Long::parseLong).toArray();
        int axis = axisField < 0 ? axisField + shape.length : axisField;
        int classes = (int) shape[axis];
        int inner = Nd.count(Nd.part(shape, axis + 1, shape.length));
        long[] labelShape = Nd.join(Nd.part(shape, 0, axis), Nd.part(shape, axis + 1, shape.length));
        Random random = new Random(3);
        for (int topK = 1; topK <= classes; topK++) {
            for (int ignored : new int[] {-1, 1}) {
                float[] scores = ties(Nd.count(shape), random);
                float[] labels = new float[Nd.count(labelShape)];
                double[] right = new double[classes];
                double[] items = new double[classes];
                for (int i = 0; i < labels.length; i++) {
                    labels[i] = random.nextInt(classes - 1); // the last class has no items
                    int label = (int) labels[i];
                    if (label == ignored) {
                        continue;
                    }
                    int first = i / inner * classes * inner + i % inner;
                    long atLeast = IntStream.range(0, classes).filter(c -> scores[first + c * inner] >= scores[first + label * inner]).count();
                    items[label]++;
                    right[label] += atLeast <= topK ? 1 : 0;
                }
                try (LayerRunner run = LayerRunner.of("type: 'Accuracy' accuracy_param { axis: " + axisField + " top_k: " + topK
                        + (ignored >= 0 ? " ignore_label: " + ignored : "") + " }", 2, shape, labelShape)) {
                    run.bottom.get(0).data().set(scores);
                    run.bottom.get(1).data().set(labels);
                    double all = IntStream.range(0, classes).mapToDouble(c -> items[c]).sum();
                    double good = IntStream.range(0, classes).mapToDouble(c -> right[c]).sum();
                    assertEquals(good / all, run.forward()[0], 1e-6);
                    assertArrayEquals(new long[0], run.top.get(0).shape());
                    assertArrayEquals(new long[] {classes}, run.top.get(1).shape());
                    float[] shares = run.top.get(1).data().toArray();
                    for (int c = 0; c < classes; c++) {
                        assertEquals(items[c] == 0 ? 0 : right[c] / items[c], shares[c], 1e-6);
                    }
                }
            }
        }
    }

    private static int[] best(float[] x, int first, int step, int count) {
        return IntStream.range(0, count).boxed().sorted(Comparator.<Integer>comparingDouble(i -> -x[first + i * step])
            .thenComparing(Comparator.reverseOrder())).mapToInt(i -> i).toArray();
    }

    @ParameterizedTest
    @CsvSource({"4 5", "3 2 4", "2 3 2 2", "3", "2 2 1 2 2"})
    void argMax(String shapeText) {
        long[] shape = List.of(shapeText.split(" ")).stream().mapToLong(Long::parseLong).toArray();
        float[] x = ties(Nd.count(shape), new Random(4));
        int items = (int) shape[0];
        int values = x.length / items;
        for (boolean outMaxVal : new boolean[] {false, true}) {
            for (int topK = 1; topK <= values; topK++) {
                long[] top = new long[Math.max(3, shape.length)];
                java.util.Arrays.fill(top, 1);
                top[0] = items;
                top[1] = outMaxVal ? 2 : 1;
                top[2] = topK;
                float[] expected = new float[Nd.count(top)];
                for (int n = 0; n < items; n++) {
                    int[] order = best(x, n * values, 1, values);
                    for (int k = 0; k < topK; k++) {
                        expected[n * (int) top[1] * topK + k] = order[k];
                        if (outMaxVal) {
                            expected[(n * 2 + 1) * topK + k] = x[n * values + order[k]];
                        }
                    }
                }
                check("out_max_val: " + outMaxVal + " top_k: " + topK, shape, x, top, expected);
            }
            for (int axis = 0; axis < shape.length; axis++) {
                for (int topK = 1; topK <= shape[axis]; topK++) {
                    long[] top = shape.clone();
                    top[axis] = topK;
                    float[] expected = new float[Nd.count(top)];
                    int inner = Nd.count(Nd.part(shape, axis + 1, shape.length));
                    for (int o = 0; o < expected.length / topK; o++) {
                        int first = o / inner * (int) shape[axis] * inner + o % inner;
                        int[] order = best(x, first, inner, (int) shape[axis]);
                        for (int k = 0; k < topK; k++) {
                            expected[o / inner * topK * inner + k * inner + o % inner] = outMaxVal ? x[first + order[k] * inner] : order[k];
                        }
                    }
                    String fields = "out_max_val: " + outMaxVal + " top_k: " + topK + " axis: ";
                    check(fields + axis, shape, x, top, expected);
                    check(fields + (axis - shape.length), shape, x, top, expected);
                }
            }
        }
    }

    private static void check(String fields, long[] shape, float[] x, long[] top, float[] expected) {
        try (LayerRunner run = LayerRunner.of("type: 'ArgMax' argmax_param { " + fields + " }", 1, shape)) {
            run.bottom.get(0).data().set(x);
            assertArrayEquals(expected, run.forward(), fields);
            assertArrayEquals(top, run.top.get(0).shape(), fields);
        }
    }
}
