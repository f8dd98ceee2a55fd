package org.caffe4j.io;

import java.nio.FloatBuffer;
import org.caffe4j.ModelFormatException;

/**
 * One learned array as it lies in a file or message: its shape is at hand, its values are read when they are asked for. Valid until the
 * {@link Weights} or {@link SolverSnapshot} that it came from is closed; any thread may read it.
 */
public interface WeightBlob {
    /** The shape, outermost axis first; a copy. A scalar has no axes. */
    long[] shape();

    /** Whether the file gave the shape as num, channels, height and width, which always makes four axes: a bias of N is 1×1×1×N. */
    boolean legacyShape();

    /** Number of values: the product of the shape. */
    default long count() {
        long count = 1;
        for (long dim : shape()) {
            count *= dim;
        }
        return count;
    }

    /**
     * Whether the file has this blob. An HDF5 model leaves out what a layer shares with an earlier one; such a gap has an empty shape
     * and cannot be copied.
     */
    default boolean stored() {
        return true;
    }

    /** Whether the file has gradients beside the values. */
    boolean hasDiff();

    /**
     * Puts all values, row-major, at the target's position, which moves behind them. Doubles are rounded to floats.
     *
     * @throws ModelFormatException if the file cannot be read or does not hold as many values as the shape says
     * @throws java.nio.BufferOverflowException if the target has fewer than {@link #count} places left
     */
    void copyTo(FloatBuffer target);

    /** As {@link #copyTo}, for the gradients. @throws IllegalStateException if there are none */
    void copyDiffTo(FloatBuffer target);

    /** All values in a new array. @throws ModelFormatException as {@link #copyTo}, or if there are more than an array holds */
    default float[] toArray() {
        if (count() > Integer.MAX_VALUE - 8) {
            throw new ModelFormatException("A blob of " + count() + " values does not fit a Java array; use copyTo");
        }
        float[] values = new float[(int) count()];
        copyTo(FloatBuffer.wrap(values));
        return values;
    }

    /**
     * Whether a blob of the given shape takes these values by Caffe's rule: equal shapes, or for a legacy shape a target of at most four
     * axes that is equal once it is filled up with ones on its left.
     */
    default boolean fits(long... target) {
        long[] own = shape();
        int offset = own.length - target.length;
        if (offset != 0 && !(legacyShape() && offset > 0)) {
            return false;
        }
        for (int i = 0; i < own.length; i++) {
            if (own[i] != (i < offset ? 1 : target[i - offset])) {
                return false;
            }
        }
        return true;
    }
}
