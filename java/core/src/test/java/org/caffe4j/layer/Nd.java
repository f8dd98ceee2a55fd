package org.caffe4j.layer;

import java.util.Arrays;
import java.util.function.Consumer;

/** For tests: plain walks through row-major arrays, as written in a definition rather than as computed fast. */
public final class Nd {
    private Nd() {}

    public static int count(long... shape) {
        return (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    }

    /** Place of an index in the row-major array. */
    public static int flat(long[] shape, long[] index) {
        int flat = 0;
        for (int i = 0; i < shape.length; i++) {
            flat = (int) (flat * shape[i] + index[i]);
        }
        return flat;
    }

    /** Every index of an array in row-major order; the array that is handed over is used again. */
    public static void each(long[] shape, Consumer<long[]> visit) {
        long[] index = new long[shape.length];
        for (int left = count(shape); left > 0; left--) {
            visit.accept(index);
            for (int i = shape.length - 1; i >= 0 && ++index[i] == shape[i]; i--) {
                index[i] = 0;
            }
        }
    }

    public static long[] part(long[] shape, int from, int to) {
        return Arrays.copyOfRange(shape, from, to);
    }

    public static long[] join(long[]... parts) {
        return Arrays.stream(parts).flatMapToLong(Arrays::stream).toArray();
    }
}
