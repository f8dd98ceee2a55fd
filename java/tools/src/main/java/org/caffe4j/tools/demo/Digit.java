package org.caffe4j.tools.demo;

import org.caffe4j.io.Image;
import org.caffe4j.io.Images;

/**
 * A handwritten digit.
 *
 * @param image grey, square, light strokes on a dark ground
 * @param label 0 to 9
 */
public record Digit(Image image, int label) {
    /** The digit scaled to {@code size} less an empty margin on each side, as those of the MNIST data set have one. */
    public Digit scaled(int size, int margin) {
        int inner = size - 2 * margin;
        Image scaled = Images.resize(image, inner, inner);
        byte[] pixels = new byte[size * size];
        for (int y = 0; y < inner; y++) {
            System.arraycopy(scaled.pixels(), y * inner, pixels, (y + margin) * size + margin, inner);
        }
        return new Digit(new Image(size, size, 1, pixels), label);
    }
}
