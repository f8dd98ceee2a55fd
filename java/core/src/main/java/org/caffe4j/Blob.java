package org.caffe4j;

import java.util.Arrays;

/**
 * An n-dimensional array with its gradient: what travels between layers and what layers learn. A shape (row-major, last axis fastest;
 * images are N, C, H, W) and two tensors, data and diff, allocated on first touch and zero then.
 *
 * <p>Reshaping never gives memory back: values stay, read flat, while the new count fits; a larger one reads as zeros. Must be closed
 * by its owner (a net owns its blobs). Not thread-safe. Source: Caffe's Blob.
 */
public final class Blob implements AutoCloseable {
    private final Context context;
    private final Tensor data;
    private final Tensor diff;
    private long[] shape = {0};
    private String hidden;

    /** A blob of the given shape; no dimensions make a scalar. */
    public Blob(Context context, long... shape) {
        this.context = context;
        this.data = new Tensor(context);
        this.diff = new Tensor(context);
        reshape(shape);
    }

    public Context context() {
        return context;
    }

    /**
     * The values.
     *
     * @throws IllegalStateException if the blob has none, because its net was optimised; the message says what to do
     */
    public Tensor data() {
        requireValues();
        return data;
    }

    /** The gradient of the loss by {@link #data()}; throws as that does. */
    public Tensor diff() {
        requireValues();
        return diff;
    }

    private void requireValues() {
        if (hidden != null) {
            throw new IllegalStateException(hidden);
        }
    }

    /** Gives the values up; who asks for them from now on gets an {@link IllegalStateException} with this message. The shape stays. */
    void hide(String message) {
        if (hidden == null) {
            data.release();
            diff.release();
        }
        hidden = message;
    }

    /** A copy of the shape. */
    public long[] shape() {
        return shape.clone();
    }

    /** One dimension; -1 is the last axis. */
    public long shape(int axis) {
        return shape[canonicalAxis(axis)];
    }

    public int numAxes() {
        return shape.length;
    }

    /** Number of elements; 1 for a scalar. */
    public long count() {
        return count(0, shape.length);
    }

    /** Product of the dimensions from an axis to the end. */
    public long count(int from) {
        return count(from, shape.length);
    }

    /** Product of the dimensions {@code [from, to)}. */
    public long count(int from, int to) {
        if (from < 0 || to > shape.length || from > to) {
            throw new ShapeException("axes [" + from + ", " + to + ") out of range for " + shape.length + "-D Blob with shape " + shapeString());
        }
        long count = 1;
        for (int i = from; i < to; i++) {
            count *= shape[i];
        }
        return count;
    }

    /**
     * The axis counted from the front.
     *
     * @throws ShapeException unless {@code -numAxes() <= axis < numAxes()}
     */
    public int canonicalAxis(int axis) {
        if (axis < -shape.length || axis >= shape.length) {
            throw new ShapeException("axis " + axis + " out of range for " + shape.length + "-D Blob with shape " + shapeString());
        }
        return axis < 0 ? axis + shape.length : axis;
    }

    /**
     * Num, channels, height or width of a blob of up to four axes; an absent one is 1.
     *
     * @param axis 0 to 3, or -4 to -1
     */
    public long legacyShape(int axis) {
        if (shape.length > 4) {
            throw new ShapeException("num, channels, height and width exist only for blobs of up to 4 axes, this one has shape " + shapeString());
        }
        if (axis < -4 || axis >= 4) {
            throw new ShapeException("axis " + axis + " out of range for a legacy 4-D shape");
        }
        return axis >= shape.length || axis < -shape.length ? 1 : shape(axis);
    }

    /** Sets the shape; see the class comment for what happens to the values. */
    public void reshape(long... newShape) {
        if (Arrays.equals(shape, newShape)) {
            return;
        }
        data.reshape(newShape);
        diff.reshape(newShape);
        shape = newShape.clone();
    }

    public void reshapeLike(Blob other) {
        reshape(other.shape);
    }

    public boolean sameShape(Blob other) {
        return Arrays.equals(shape, other.shape);
    }

    /** From now on this blob's data are those of {@code other}, both ways; the counts must be equal. */
    public void shareData(Blob other) {
        data.share(other.data);
    }

    /** From now on this blob's diff is that of {@code other}, both ways; the counts must be equal. */
    public void shareDiff(Blob other) {
        diff.share(other.diff);
    }

    /** As in Caffe's logs: {@code "4 3 8 8 (768)"}; a scalar is {@code "(1)"}. */
    public String shapeString() {
        return shapeString(shape);
    }

    /** As {@link #shapeString()}, of any shape. */
    public static String shapeString(long... shape) {
        StringBuilder text = new StringBuilder();
        long count = 1;
        for (long dim : shape) {
            text.append(dim).append(' ');
            count *= dim;
        }
        return text.append('(').append(count).append(')').toString();
    }

    @Override
    public String toString() {
        return "Blob " + shapeString();
    }

    @Override
    public void close() {
        data.close();
        diff.close();
    }
}
