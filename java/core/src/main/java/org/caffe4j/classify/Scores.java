package org.caffe4j.classify;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** Arithmetic on rows of class values. */
final class Scores {
    private Scores() {
    }

    /** The numbers of the {@code top} largest values, largest first; of equal ones the first comes first. */
    static List<Integer> best(float[] values, int top) {
        Comparator<Integer> byValue = Comparator.comparingDouble(i -> -values[i]);
        return IntStream.range(0, values.length).boxed().sorted(byValue).limit(top).toList();
    }

    /** exp(x) over the sum of all exp(x), safe for large x. */
    static float[] softmax(float[] scores) {
        float max = Float.NEGATIVE_INFINITY;
        for (float score : scores) {
            max = Math.max(max, score);
        }
        double[] powers = new double[scores.length];
        double sum = 0;
        for (int i = 0; i < scores.length; i++) {
            powers[i] = Math.exp(scores[i] - max);
            sum += powers[i];
        }
        float[] probabilities = new float[scores.length];
        for (int i = 0; i < scores.length; i++) {
            probabilities[i] = (float) (powers[i] / sum);
        }
        return probabilities;
    }

    /** The mean of {@code count} rows from row {@code from} on. */
    static float[] mean(float[][] rows, int from, int count) {
        float[] mean = rows[from].clone();
        for (int i = from + 1; i < from + count; i++) {
            for (int c = 0; c < mean.length; c++) {
                mean[c] += rows[i][c];
            }
        }
        for (int c = 0; c < mean.length; c++) {
            mean[c] /= count;
        }
        return mean;
    }
}
