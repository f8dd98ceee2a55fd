package org.caffe4j.data;

import java.util.function.Supplier;
import org.caffe4j.Blob;
import org.caffe4j.DataException;
import org.caffe4j.io.Images;
import org.caffe4j.proto.Datum;

/**
 * Adds up images for their mean, pixel by pixel, in single precision as Caffe's compute_image_mean does: mean = (x₁ + x₂ + … + xₙ) / n.
 * Encoded images are decoded with the channels that they have. One thread at a time.
 */
public final class MeanAccumulator {
    private int channels;
    private int height;
    private int width;
    private float[] sums;
    private long count;

    /**
     * Adds an image.
     *
     * @param where names it in messages
     * @throws DataException if it is broken or of another size than the first
     */
    public void add(Datum datum, Supplier<String> where) {
        Pixels pixels;
        try {
            pixels = datum.getEncoded() ? Pixels.of(Images.decode(datum.getData().toByteArray(), Images.Mode.UNCHANGED)) : Pixels.of(datum);
        } catch (DataException e) {
            throw new DataException(where.get() + ": " + e.getMessage(), e);
        }
        if (sums == null) {
            channels = pixels.channels;
            height = pixels.height;
            width = pixels.width;
            sums = new float[channels * height * width];
        } else if (pixels.channels != channels || pixels.height != height || pixels.width != width) {
            throw new DataException(where.get() + ": Incorrect data field size: it has shape "
                + shape(pixels.channels, pixels.height, pixels.width) + ", but the first has " + shape(channels, height, width)
                + "; a mean needs images of one size");
        }
        int to = 0;
        for (int c = 0; c < channels; c++) {
            for (int y = 0; y < height; y++) {
                for (int x = 0; x < width; x++) {
                    sums[to++] += pixels.get(c, y, x);
                }
            }
        }
        count++;
    }

    private static String shape(int channels, int height, int width) {
        return Blob.shapeString(new long[] {channels, height, width});
    }

    /** How many images were added. */
    public long count() {
        return count;
    }

    /** Of the images; 0 before the first. */
    public int channels() {
        return channels;
    }

    /** Of the images; 0 before the first. */
    public int height() {
        return height;
    }

    /** Of the images; 0 before the first. */
    public int width() {
        return width;
    }

    /** The mean of the images added so far, C×H×W in row-major order, a new array. @throws IllegalStateException if there are none */
    public float[] values() {
        if (sums == null) {
            throw new IllegalStateException("no image was added");
        }
        float[] values = new float[sums.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = sums[i] / count;
        }
        return values;
    }
}
