package org.caffe4j.io;

import java.util.Arrays;

/**
 * A shape and its values, row-major, on the Java heap.
 *
 * @param shape outermost axis first; empty for a scalar
 * @param values as many as the product of the shape
 */
public record FloatArray(long[] shape, float[] values) {
    /** @throws IllegalArgumentException if the number of values is not the product of the shape */
    public FloatArray {
        long count = 1;
        for (long dim : shape) {
            count = Math.multiplyExact(count, dim);
        }
        if (count != values.length) {
            throw new IllegalArgumentException(values.length + " values for shape " + Arrays.toString(shape));
        }
    }

    /** Values in one index of the first axis; all of a scalar's. */
    public int rowLength() {
        return shape.length == 0 || shape[0] == 0 ? values.length : (int) (values.length / shape[0]);
    }
}
