package org.caffe4j.classify;

import java.nio.FloatBuffer;
import java.util.List;
import org.caffe4j.ShapeException;
import org.caffe4j.data.MeanImage;
import org.caffe4j.data.PixelTransform;
import org.caffe4j.data.PixelTransform.Window;

/**
 * Brings images to a net's input: resize, crop, channel order, raw scale, mean, input scale.
 *
 * <p>Value = (pixel / 255 · rawScale − mean) · inputScale. A mean image of the net's input size is subtracted from every crop; one of
 * another size is resized to the resized image and each pixel takes its own, as in Caffe's data layers. Not thread-safe.
 */
final class Preprocessor {
    private final int channels;
    private final int cropHeight;
    private final int cropWidth;
    private final int imageHeight;
    private final int imageWidth;
    private final int shortSide;
    private final boolean rgb;
    private final float rawScale;
    private final float inputScale;
    private final MeanImage mean;
    private MeanImage resizedMean;

    /** @param input shape N×C×H×W of the net's input */
    Preprocessor(Classifier.Builder options, long[] input) {
        channels = (int) input[1];
        cropHeight = (int) input[2];
        cropWidth = (int) input[3];
        imageHeight = options.imageHeight > 0 ? options.imageHeight : cropHeight;
        imageWidth = options.imageWidth > 0 ? options.imageWidth : cropWidth;
        shortSide = options.shortSide;
        rgb = options.rgb;
        rawScale = options.rawScale;
        inputScale = options.inputScale;
        // InputImage stay 0…255: the raw scale is moved behind the subtraction, where it joins the input scale.
        MeanImage given = options.mean == null || !options.meanOfInput ? options.mean : options.mean.resized(cropHeight, cropWidth);
        mean = given == null ? null : given.scaled(255 / rawScale);
        resizedMean = mean;
        if (mean != null && mean.channels() != channels) {
            throw new ShapeException("the mean has " + mean.channels() + " channels, the net's input " + channels);
        }
        if (shortSide == 0 && (imageHeight < cropHeight || imageWidth < cropWidth)
            || shortSide > 0 && shortSide < Math.max(cropHeight, cropWidth)) {
            throw new ShapeException("images of "
                + (shortSide > 0 ? "short side " + shortSide : "height " + imageHeight + ", width " + imageWidth) + " are smaller than the net's input of height " + cropHeight + ", width " + cropWidth);
        }
    }

    /** The image resized, ready for windows of the net's input size. */
    InputImage resize(InputImage image) {
        if (shortSide == 0) {
            return image.resized(imageHeight, imageWidth);
        }
        double factor = (double) shortSide / Math.min(image.height(), image.width());
        return image.resized(Math.max(shortSide, (int) Math.round(image.height() * factor)),
            Math.max(shortSide, (int) Math.round(image.width() * factor)));
    }

    Window centre(InputImage resized) {
        return Window.centre(resized.height(), resized.width(), cropHeight, cropWidth);
    }

    /** The four corners and the centre. */
    List<Window> corners(InputImage resized) {
        int bottom = resized.height() - cropHeight;
        int right = resized.width() - cropWidth;
        return List.of(new Window(0, 0, cropHeight, cropWidth), new Window(0, right, cropHeight, cropWidth),
            new Window(bottom, 0, cropHeight, cropWidth), new Window(bottom, right, cropHeight, cropWidth), centre(resized));
    }

    /** Writes C×H×W values from index {@code offset} on. */
    void write(InputImage resized, Window window, boolean mirror, FloatBuffer out, int offset) {
        boolean meanOfCrop = mean != null && !mean.isPerChannel() && mean.height() == cropHeight && mean.width() == cropWidth;
        if (mean != null && !meanOfCrop) {
            resizedMean = resizedMean.height() == resized.height() && resizedMean.width() == resized.width() ? resizedMean
                : mean.resized(resized.height(), resized.width());
        }
        InputImage source = meanOfCrop ? resized.cut(window) : resized;
        Window part = meanOfCrop ? Window.all(cropHeight, cropWidth) : window;
        new PixelTransform(resizedMean, rawScale / 255 * inputScale, order(resized)).write(source.pixels(), part, mirror, out, offset);
    }

    /** C×H×W values of the net's input size that become 0 in the net, for images like this one: the mean, or 0 without one. */
    float[] zero(InputImage image) {
        float[] values = new float[image.channels() * cropHeight * cropWidth];
        if (mean != null) {
            MeanImage fitting = mean.resized(cropHeight, cropWidth);
            int[] order = order(image);
            for (int c = 0; c < channels; c++) {
                int plane = (order == null ? c : order[c]) * cropHeight * cropWidth;
                for (int i = 0; i < cropHeight * cropWidth; i++) {
                    values[plane + i] = fitting.get(c, i / cropWidth, i % cropWidth);
                }
            }
        }
        return values;
    }

    int cropHeight() {
        return cropHeight;
    }

    int cropWidth() {
        return cropWidth;
    }

    /** Source channel of each of the net's channels: grey is repeated, alpha is dropped. */
    private int[] order(InputImage image) {
        if (image.channels() == channels && channels != 3) {
            return null;
        }
        if (channels == 3 && image.channels() == 1) {
            return new int[3];
        }
        if (channels == 3 && image.channels() >= 3) {
            return rgb ? new int[] {2, 1, 0} : new int[] {0, 1, 2};
        }
        throw new ShapeException(image + " does not fit the net's input of " + channels + " channels"
            + (channels == 1 ? "; read it as grey (Images.Mode.GRAY)" : ""));
    }
}
