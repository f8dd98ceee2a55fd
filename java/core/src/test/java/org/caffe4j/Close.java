package org.caffe4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.Locale;
import org.caffe4j.io.FloatArray;

/** For tests: compares arrays with recorded ones. */
public final class Close {
    private Close() {
    }

    /** Fails unless the shapes are equal and no value is off by more than {@code tolerance} of the largest expected absolute value. */
    public static void check(String what, FloatArray expected, long[] shape, float[] actual, double tolerance) {
        assertArrayEquals(expected.shape(), shape, what + ": shape");
        double largest = 0;
        for (float value : expected.values()) {
            largest = Math.max(largest, Math.abs(value));
        }
        double allowed = tolerance * (largest > 0 ? largest : 1);
        for (int i = 0; i < actual.length; i++) {
            if (!(Math.abs(actual[i] - expected.values()[i]) <= allowed)) {
                fail(String.format(Locale.ROOT, "%s: value %d is %g, expected %g; largest expected %g, off by %.2g of it, allowed %g",
                        what, i, actual[i], expected.values()[i], largest, Math.abs(actual[i] - expected.values()[i]) / largest,
                        tolerance));
            }
        }
    }
}
