package org.caffe4j.data;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import org.caffe4j.Blob;
import org.caffe4j.DataException;
import org.caffe4j.ShapeException;
import org.caffe4j.io.FloatArray;
import org.caffe4j.io.Image;
import org.caffe4j.io.ImageDecoder;
import org.caffe4j.proto.Datum;

/**
 * The pixels of one item before transformation, bytes or floats, planar or interleaved. They are read where they lie, in the array, the
 * decoder or the database record that they came from, and are good for as long as that is.
 */
public final class Pixels {
    final int channels;
    final int height;
    final int width;
    /** channels · height · width unsigned bytes from its position on, or null if {@link #floats} holds the pixels. */
    final ByteBuffer bytes;
    final FloatBuffer floats;
    final boolean interleaved;

    private Pixels(int channels, int height, int width, ByteBuffer bytes, FloatBuffer floats, boolean interleaved) {
        this.channels = channels;
        this.height = height;
        this.width = width;
        this.bytes = bytes;
        this.floats = floats;
        this.interleaved = interleaved;
    }

    public static Pixels of(Image image) {
        return new Pixels(image.channels(), image.height(), image.width(), ByteBuffer.wrap(image.pixels()), null, true);
    }

    /** Of floats of shape C×H×W. @throws ShapeException if they have another number of axes */
    public static Pixels of(FloatArray image) {
        if (image.shape().length != 3 || image.values().length == 0) {
            throw new ShapeException("an image of floats has shape C×H×W, not " + Blob.shapeString(image.shape()));
        }
        return new Pixels((int) image.shape()[0], (int) image.shape()[1], (int) image.shape()[2], null, FloatBuffer.wrap(image.values()), false);
    }

    /** Of the image that a decoder holds. */
    public static Pixels of(ImageDecoder decoder) {
        return new Pixels(decoder.channels(), decoder.height(), decoder.width(), decoder.pixels(), null, true);
    }

    /** As {@link #of(RawDatum)}. */
    public static Pixels of(Datum datum) {
        return of(RawDatum.of(datum));
    }

    /**
     * Of a raw (not encoded) datum: C×H×W bytes in {@code data}, or, where that is empty, floats in {@code float_data}.
     *
     * @throws DataException if their number is not what the dimensions say
     */
    public static Pixels of(RawDatum datum) {
        int channels = datum.channels();
        int height = datum.height();
        int width = datum.width();
        boolean isBytes = datum.data().hasRemaining();
        int found = isBytes ? datum.data().remaining() : datum.floats().remaining();
        boolean positive = channels > 0 && height > 0 && width > 0;
        long plane = (long) height * width;
        if (!positive || plane > Integer.MAX_VALUE || channels * plane != found) {
            throw new DataException("datum of " + channels + " channels, height " + height + ", width " + width
                + (positive && plane <= Integer.MAX_VALUE ? " should hold " + channels * plane + " values but" : "") + " holds " + found
                + (isBytes ? " bytes of data" : " of float_data") + "; is it an encoded image without encoded: true?");
        }
        return new Pixels(channels, height, width, isBytes ? datum.data() : null, isBytes ? null : datum.floats(), false);
    }

    /** The value of channel c at row y, column x. */
    float get(int c, int y, int x) {
        int at = interleaved ? (y * width + x) * channels + c : (c * height + y) * width + x;
        return bytes != null ? bytes.get(bytes.position() + at) & 0xff : floats.get(floats.position() + at);
    }

    /** Whether they lie outside the Java heap, where native code can read them. */
    boolean isDirect() {
        return bytes != null ? bytes.isDirect() : floats.isDirect();
    }

    int count() {
        return bytes != null ? bytes.remaining() : floats.remaining();
    }
}
