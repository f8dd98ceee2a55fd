package org.caffe4j.classify;

import org.caffe4j.data.PixelTransform.Window;
import org.caffe4j.data.Pixels;
import org.caffe4j.io.FloatArray;
import org.caffe4j.io.Image;
import org.caffe4j.io.Images;

/**
 * An image on its way to the net, of bytes or, where {@code planes} is given, of floats C×H×W; one of the two is null. Bytes stay bytes when
 * they are resized.
 */
record InputImage(Image bytes, FloatArray planes) {
    InputImage {
        if (planes != null) {
            Pixels.of(planes);  // throws unless the shape is that of an image
        }
    }

    static InputImage of(Image image) {
        return new InputImage(image, null);
    }

    static InputImage of(FloatArray planes) {
        return new InputImage(null, planes);
    }

    int channels() {
        return planes == null ? bytes.channels() : (int) planes.shape()[0];
    }

    int height() {
        return planes == null ? bytes.height() : (int) planes.shape()[1];
    }

    int width() {
        return planes == null ? bytes.width() : (int) planes.shape()[2];
    }

    Pixels pixels() {
        return planes == null ? Pixels.of(bytes) : Pixels.of(planes);
    }

    /** By bilinear interpolation without smoothing. */
    InputImage resized(int newHeight, int newWidth) {
        if (newHeight == height() && newWidth == width()) {
            return this;
        }
        return planes == null ? of(Images.resize(bytes, newHeight, newWidth)) : of(new FloatArray(
            new long[] {channels(), newHeight, newWidth}, Images.resizePlanes(planes.values(), channels(), height(), width(), newHeight, newWidth)));
    }

    /** A copy of a part, which must lie inside. */
    InputImage cut(Window part) {
        int rows = planes == null ? 1 : channels();
        int step = planes == null ? channels() : 1;
        int length = part.width() * step;
        byte[] partBytes = new byte[planes == null ? part.height() * length : 0];
        float[] partFloats = new float[planes == null ? 0 : rows * part.height() * length];
        for (int plane = 0; plane < rows; plane++) {
            for (int y = 0; y < part.height(); y++) {
                int from = ((plane * height() + part.top() + y) * width() + part.left()) * step;
                System.arraycopy(planes == null ? bytes.pixels() : planes.values(), from, planes == null ? partBytes : partFloats,
                    (plane * part.height() + y) * length, length);
            }
        }
        return planes == null ? of(new Image(part.height(), part.width(), channels(), partBytes))
            : of(new FloatArray(new long[] {channels(), part.height(), part.width()}, partFloats));
    }

    /** Writes these floats over larger ones of as many channels, from a row and column on. */
    InputImage within(FloatArray around, int top, int left) {
        int stride = (int) around.shape()[2];
        for (int c = 0; c < channels(); c++) {
            for (int y = 0; y < height(); y++) {
                System.arraycopy(planes.values(), (c * height() + y) * width(), around.values(),
                    (c * (int) around.shape()[1] + top + y) * stride + left, width());
            }
        }
        return of(around);
    }

    @Override
    public String toString() {
        return "image of height " + height() + ", width " + width() + ", " + channels() + " channels";
    }
}
