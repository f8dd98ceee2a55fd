package org.caffe4j.io;

import java.util.Objects;

/**
 * A decoded image: 8-bit pixels, rows from the top, channels interleaved. Colour is in the order blue, green, red, a fourth channel is
 * alpha. The pixel array is not copied: who passes it in or reads it out shares it.
 */
public final class Image {
    private final int height;
    private final int width;
    private final int channels;
    private final byte[] pixels;

    /**
     * @param pixels height × width × channels unsigned bytes, kept by reference
     * @throws IllegalArgumentException if the array has not that length
     */
    public Image(int height, int width, int channels, byte[] pixels) {
        Objects.requireNonNull(pixels, "pixels");
        if (height <= 0 || width <= 0 || channels <= 0 || (long) height * width * channels != pixels.length) {
            throw new IllegalArgumentException("an image of height " + height + ", width " + width + " and " + channels
                + " channels has not " + pixels.length + " bytes");
        }
        this.height = height;
        this.width = width;
        this.channels = channels;
        this.pixels = pixels;
    }

    public int height() {
        return height;
    }

    public int width() {
        return width;
    }

    public int channels() {
        return channels;
    }

    /** The pixels, index ((y · width) + x) · channels + c. */
    public byte[] pixels() {
        return pixels;
    }

    /** The value 0…255 at row y, column x. */
    public int get(int y, int x, int channel) {
        Objects.checkIndex(y, height);
        Objects.checkIndex(x, width);
        Objects.checkIndex(channel, channels);
        return pixels[(y * width + x) * channels + channel] & 0xff;
    }

    @Override
    public String toString() {
        return "image of height " + height + ", width " + width + ", " + channels + " channels";
    }
}
