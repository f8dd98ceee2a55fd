package org.caffe4j.data;

import org.caffe4j.DataException;
import org.caffe4j.io.Image;
import org.caffe4j.proto.Datum;

/**
 * The pixels of one item before transformation, bytes or floats in whatever order they lie: value (c, y, x) is at
 * c·channelStride + y·rowStride + x·columnStride.
 */
final class Pixels {
    final int channels;
    final int height;
    final int width;
    final byte[] bytes;
    final float[] floats;
    final int channelStride;
    final int rowStride;
    final int columnStride;

    private Pixels(int channels, int height, int width, byte[] bytes, float[] floats, boolean interleaved) {
        this.channels = channels;
        this.height = height;
        this.width = width;
        this.bytes = bytes;
        this.floats = floats;
        this.channelStride = interleaved ? 1 : height * width;
        this.rowStride = interleaved ? width * channels : width;
        this.columnStride = interleaved ? channels : 1;
    }

    static Pixels of(Image image) {
        return new Pixels(image.channels(), image.height(), image.width(), image.pixels(), null, true);
    }

    /** Of a raw (not encoded) datum: C×H×W bytes in {@code data}, or, where that is empty, floats in {@code float_data}. */
    static Pixels of(Datum datum) {
        int channels = datum.getChannels();
        int height = datum.getHeight();
        int width = datum.getWidth();
        long expected = (long) channels * height * width;
        boolean isBytes = !datum.getData().isEmpty();
        int found = isBytes ? datum.getData().size() : datum.getFloatDataCount();
        if (channels <= 0 || height <= 0 || width <= 0 || (long) height * width > Integer.MAX_VALUE || expected != found) {
            throw new DataException("datum of " + channels + " channels, height " + height + ", width " + width + " should hold " + expected
                + " values but holds " + found + (isBytes ? " bytes of data" : " of float_data")
                + "; is it an encoded image without encoded: true?");
        }
        return isBytes ? new Pixels(channels, height, width, datum.getData().toByteArray(), null, false)
            : new Pixels(channels, height, width, null, floats(datum), false);
    }

    private static float[] floats(Datum datum) {
        float[] values = new float[datum.getFloatDataCount()];
        for (int i = 0; i < values.length; i++) {
            values[i] = datum.getFloatData(i);
        }
        return values;
    }
}
