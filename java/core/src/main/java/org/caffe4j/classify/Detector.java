package org.caffe4j.classify;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.caffe4j.DataException;
import org.caffe4j.data.PixelTransform.Window;
import org.caffe4j.io.FloatArray;
import org.caffe4j.io.Image;
import org.caffe4j.io.Images;

/**
 * Classifies windows of images, as R-CNN does and Caffe's Python Detector: each window, with its surroundings if wanted, is warped to the
 * net's input and preprocessed as the classifier's images are.
 *
 * <p>With a context of p pixels the window grows so that, after warping, p pixels of its surroundings lie on each side; what then lies
 * outside the image becomes 0 in the net. As there, the last row and column of a window do not belong to it, and coordinates are rounded
 * to even. Uses the classifier, which stays the caller's; any thread may call it. Source: Girshick et al., Rich feature hierarchies for
 * accurate object detection (2014), and pycaffe's Detector.
 */
public final class Detector {
    private final Classifier classifier;
    private final int contextPad;

    /** A window in pixels from the top left corner; from the first row and column to those before the last. */
    public record Box(int ymin, int xmin, int ymax, int xmax) {
        @Override
        public String toString() {
            return "ymin " + ymin + ", xmin " + xmin + ", ymax " + ymax + ", xmax " + xmax;
        }
    }

    /** A window and the net's values of all classes for it. */
    public record Detection(Box box, float[] prediction) {
    }

    /**
     * @param contextPad pixels of surroundings on each side after warping; 0 for none
     * @throws IllegalArgumentException if that leaves nothing of the net's input
     */
    public Detector(Classifier classifier, int contextPad) {
        this.classifier = classifier;
        this.contextPad = contextPad;
        int size = Math.min(classifier.preprocessor().cropHeight(), classifier.preprocessor().cropWidth());
        if (contextPad < 0 || 2 * contextPad >= size) {
            throw new IllegalArgumentException("a context of " + contextPad + " pixels on each side does not fit the net's input of "
                + classifier.preprocessor().cropHeight() + "×" + classifier.preprocessor().cropWidth());
        }
    }

    /** Classifies windows of an image file. @throws DataException if the file is no image or a window lies outside */
    public List<Detection> detect(Path file, List<Box> windows) {
        Image image = Images.read(file, classifier.mode());
        try {
            return detect(image, windows);
        } catch (DataException e) {
            throw new DataException(file + ": " + e.getMessage(), e);
        }
    }

    /** Classifies windows of an image. @throws DataException if a window is empty or lies outside */
    public List<Detection> detect(Image image, List<Box> windows) {
        InputImage pixels = InputImage.of(Images.planes(image));
        List<InputImage> crops = windows.stream().map(window -> crop(pixels, window)).toList();
        float[][] predictions = classifier.predictCrops(crops);
        List<Detection> detections = new ArrayList<>();
        for (int i = 0; i < predictions.length; i++) {
            detections.add(new Detection(windows.get(i), predictions[i]));
        }
        return detections;
    }

    private InputImage crop(InputImage image, Box box) {
        Preprocessor preprocessor = classifier.preprocessor();
        int height = preprocessor.cropHeight();
        int width = preprocessor.cropWidth();
        Span rows = Span.of(box.ymin, box.ymax, image.height(), height, contextPad);
        Span columns = Span.of(box.xmin, box.xmax, image.width(), width, contextPad);
        if (rows.isEmpty(height) || columns.isEmpty(width)) {
            throw new DataException("the window " + box + " has no pixel inside the " + image);
        }
        Window inside = new Window(rows.from, columns.from, rows.end - rows.from, columns.end - columns.from);
        InputImage part = image.cut(inside).resized(rows.length, columns.length);
        return contextPad == 0 ? part : part.within(new FloatArray(new long[] {image.channels(), height, width}, preprocessor.zero(image)),
            rows.before, columns.before);
    }

    /** One axis of a window: the part inside the image, the length it is warped to, and the empty length before it. */
    private record Span(int from, int end, int length, int before) {
        boolean isEmpty(int size) {
            return end <= from || before >= size;
        }

        static Span of(int from, int end, int imageLength, int size, int context) {
            if (context == 0) {
                return new Span(Math.max(0, from), Math.min(end, imageLength), size, 0);
            }
            double half = (end - from + 1) / 2.0;
            double centre = from + half;
            double scale = size / (size - 2.0 * context);
            double wideFrom = Math.rint(centre - half * scale);
            double wideEnd = Math.rint(centre + half * scale);
            double warp = size / (wideEnd - wideFrom + 1);
            int before = (int) Math.rint(Math.max(0, -wideFrom) * warp);
            int insideFrom = (int) Math.max(0, Math.min(wideFrom, imageLength));
            int insideEnd = (int) Math.max(0, Math.min(wideEnd, imageLength));
            int length = (int) Math.rint((insideEnd - insideFrom + 1) * warp);
            return new Span(insideFrom, insideEnd, Math.max(1, Math.min(length, size - before)), before);
        }
    }
}
