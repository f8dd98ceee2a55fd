package org.caffe4j.data;

import org.caffe4j.io.Image;
import org.caffe4j.io.Images;

/**
 * Where a window of an image lands in a square of {@code size} × {@code size}: the part of the image that is cut out (corners included),
 * the height and width that it is warped to, and the rows and columns left empty above and to the left of it.
 *
 * <p>With a context of p pixels the window grows so that, after warping, p pixels of its surroundings lie on each side; with
 * {@code square} it grows to a square first, so that its aspect stays. What then lies outside the image stays empty. Source: Girshick et
 * al., Rich feature hierarchies for accurate object detection (2014), appendix A.
 */
record WindowCrop(int x1, int y1, int x2, int y2, int height, int width, int top, int left) {

    static WindowCrop of(WindowFile.Window window, Image image, int size, int context, boolean square, boolean mirror) {
        if (context == 0 && !square) {
            return new WindowCrop(window.x1(), window.y1(), window.x2(), window.y2(), size, size, 0, 0);
        }
        Span x = Span.of(window.x1(), window.x2(), window.y1(), window.y2(), image.width(), size, context, square);
        Span y = Span.of(window.y1(), window.y2(), window.x1(), window.x2(), image.height(), size, context, square);
        int left = mirror ? x.after : x.before;
        return new WindowCrop(x.from, y.from, x.to, y.to, Math.min(y.length, size - y.before), Math.min(x.length, size - left), y.before,
            left);
    }

    /** One axis: the part inside the image, the length it is warped to, and the warped lengths outside the image. */
    private record Span(int from, int to, int length, int before, int after) {
        static Span of(int from, int to, int otherFrom, int otherTo, int end, int size, int context, boolean square) {
            float half = (to - from + 1) / 2f;
            float centre = from + half;
            if (square) {
                half = Math.max(half, (otherTo - otherFrom + 1) / 2f);
            }
            float scale = size / (float) (size - 2 * context);
            int wideFrom = roundAway(centre - half * scale);
            int wideTo = roundAway(centre + half * scale);
            int before = Math.max(0, -wideFrom);
            int after = Math.max(0, wideTo - end + 1);
            float warp = size / (float) (wideTo - wideFrom + 1);
            int inside = wideTo - after - (wideFrom + before) + 1;
            return new Span(wideFrom + before, wideTo - after, Math.max(1, roundAway(inside * warp)), roundAway(before * warp),
                roundAway(after * warp));
        }
    }

    /** Halves away from zero, as C rounds. */
    private static int roundAway(float value) {
        return (int) (value < 0 ? -Math.floor(-value + 0.5) : Math.floor(value + 0.5));
    }

    /** The part of the image, warped bilinearly to {@link #height} × {@link #width}. */
    Image cut(Image image) {
        int rows = y2 - y1 + 1;
        int rowBytes = (x2 - x1 + 1) * image.channels();
        byte[] part = new byte[rows * rowBytes];
        for (int y = 0; y < rows; y++) {
            System.arraycopy(image.pixels(), ((y1 + y) * image.width() + x1) * image.channels(), part, y * rowBytes, rowBytes);
        }
        return Images.resize(new Image(rows, x2 - x1 + 1, image.channels(), part), height, width);
    }
}
