package org.caffe4j.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import org.caffe4j.Blob;
import org.caffe4j.ModelFormatException;
import org.caffe4j.ShapeException;
import org.caffe4j.io.FloatArray;
import org.caffe4j.io.Images;
import org.caffe4j.io.MeanFile;

/**
 * A mean to subtract: one value a channel (shape C) or one a pixel (shape C×H×W), channels in the order of the net's input (blue, green,
 * red in nearly every Caffe model), values on the scale of the pixels. Immutable.
 */
public final class MeanImage {
    private final float[] values;
    private final int channels;
    private final int height;
    private final int width;
    private final boolean perChannel;
    /** The values outside the Java heap, where native code reads them without a copy; made when first asked for. */
    private volatile FloatBuffer direct;

    private MeanImage(float[] values, int channels, int height, int width, boolean perChannel) {
        this.values = values;
        this.channels = channels;
        this.height = height;
        this.width = width;
        this.perChannel = perChannel;
    }

    /** One value a channel, for example 104, 117, 123. */
    public static MeanImage perChannel(float... values) {
        if (values.length == 0) {
            throw new ShapeException("a mean needs at least one channel");
        }
        return new MeanImage(values.clone(), values.length, 1, 1, true);
    }

    /**
     * From an array in row-major order.
     *
     * @param shape C, C×H×W or 1×C×H×W
     */
    public static MeanImage of(float[] values, long... shape) {
        int skip = shape.length == 4 && shape[0] == 1 ? 1 : 0;
        int axes = shape.length - skip;
        if (axes != 1 && axes != 3) {
            throw badShape(shape);
        }
        long count = 1;
        for (long dim : shape) {
            if (dim <= 0) {
                throw badShape(shape);
            }
            count *= dim;
        }
        if (count != values.length) {
            throw new ShapeException("mean of shape " + Blob.shapeString(shape) + " has " + values.length + " values");
        }
        if (axes == 1) {
            return perChannel(values);
        }
        return new MeanImage(values.clone(), (int) shape[skip], (int) shape[skip + 1], (int) shape[skip + 2], false);
    }

    /**
     * From a {@code .binaryproto} or {@code .npy} file of shape C, C×H×W or 1×C×H×W.
     *
     * @throws ModelFormatException if the file cannot be read
     * @throws ShapeException if it has another shape
     */
    public static MeanImage read(Path file) {
        FloatArray array = MeanFile.read(file);
        try {
            return of(array.values(), array.shape());
        } catch (ShapeException e) {
            throw new ShapeException(file + ": " + e.getMessage(), e);
        }
    }

    private static ShapeException badShape(long[] shape) {
        return new ShapeException("Mean shape invalid: " + Blob.shapeString(shape) + "; accepted are C (one value a channel), C×H×W and "
            + "1×C×H×W");
    }

    public int channels() {
        return channels;
    }

    /** Rows; 1 for a per-channel mean. */
    public int height() {
        return height;
    }

    /** Columns; 1 for a per-channel mean. */
    public int width() {
        return width;
    }

    /** True if it has one value a channel that holds for a pixel anywhere. */
    public boolean isPerChannel() {
        return perChannel;
    }

    /** The mean of a channel at row y, column x; a per-channel mean is the same everywhere. */
    public float get(int channel, int y, int x) {
        return values[perChannel ? channel : (channel * height + y) * width + x];
    }

    /** The values in row-major order, not copied. */
    float[] values() {
        return values;
    }

    /** The values in row-major order for native code, to read only. */
    FloatBuffer buffer() {
        FloatBuffer buffer = direct;
        if (buffer == null) {
            buffer = ByteBuffer.allocateDirect(values.length * Float.BYTES).order(ByteOrder.nativeOrder()).asFloatBuffer();
            direct = buffer.put(0, values);
        }
        return buffer;
    }

    String shapeString() {
        return perChannel ? Blob.shapeString(new long[] {channels}) : Blob.shapeString(new long[] {channels, height, width});
    }

    /** This mean for images of another size: resized bilinearly; a per-channel mean stays as it is. */
    public MeanImage resized(int newHeight, int newWidth) {
        if (perChannel || newHeight == height && newWidth == width) {
            return this;
        }
        float[] resized = Images.resizePlanes(values, channels, height, width, newHeight, newWidth);
        return new MeanImage(resized, channels, newHeight, newWidth, false);
    }

    /** Every value multiplied. */
    public MeanImage scaled(float factor) {
        float[] scaled = values.clone();
        for (int i = 0; i < scaled.length; i++) {
            scaled[i] *= factor;
        }
        return new MeanImage(scaled, channels, height, width, perChannel);
    }

    /** The mean of each channel over all pixels, as most users of Caffe's Python interface take it. */
    public MeanImage averaged() {
        float[] means = new float[channels];
        int plane = height * width;
        for (int c = 0; c < channels; c++) {
            double sum = 0;
            for (int i = c * plane; i < (c + 1) * plane; i++) {
                sum += values[i];
            }
            means[c] = (float) (sum / plane);
        }
        return perChannel(means);
    }
}
