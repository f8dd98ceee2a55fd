package org.caffe4j.data;

import java.nio.FloatBuffer;
import java.util.Arrays;
import org.caffe4j.ShapeException;
import org.caffe4j.io.Image;

/**
 * The one place where pixels become net input: channel order, crop, mean, scale, mirror.
 *
 * <p>out(c, y, x) = (pixel(order[c], top + y, left + x) − mean(c, top + y, left + x)) · scale in single precision; a mirrored item is
 * written from right to left, so that a pixel keeps its own mean. The mean is indexed by the <em>output</em> channel. Immutable, any
 * thread.
 */
public final class PixelTransform {
    private final MeanImage mean;
    private final float scale;
    private final int[] order;

    /**
     * @param mean null for none; one value a channel, or an image of the size of the uncropped items
     * @param order source channel of each output channel, null to keep them
     */
    public PixelTransform(MeanImage mean, float scale, int[] order) {
        this.mean = mean;
        this.scale = scale;
        this.order = order == null ? null : order.clone();
    }

    /** The part of an image that is written. */
    public record Window(int top, int left, int height, int width) {
        /** The whole of an image. */
        public static Window all(int height, int width) {
            return new Window(0, 0, height, width);
        }

        /** The centre, offsets rounded down. */
        public static Window centre(int height, int width, int cropHeight, int cropWidth) {
            return new Window((height - cropHeight) / 2, (width - cropWidth) / 2, cropHeight, cropWidth);
        }
    }

    /** Writes channels × window values, planar, to {@code out} from index {@code offset} on; its position does not move. */
    public void write(Image image, Window window, boolean mirror, FloatBuffer out, int offset) {
        write(Pixels.of(image), window, mirror, out, offset);
    }

    void write(Pixels from, Window window, boolean mirror, FloatBuffer out, int offset) {
        check(from, window);
        boolean meanImage = mean != null && !mean.isPerChannel();
        float[] row = new float[window.width()];
        int position = offset;
        int channels = order == null ? from.channels : order.length;
        for (int c = 0; c < channels; c++) {
            int channel = (order == null ? c : order[c]) * from.channelStride;
            float channelMean = mean == null || meanImage ? 0 : mean.values()[c];
            for (int y = 0; y < window.height(); y++) {
                int source = channel + (window.top() + y) * from.rowStride + window.left() * from.columnStride;
                if (from.bytes != null) {
                    for (int x = 0; x < row.length; x++) {
                        row[x] = from.bytes[source + x * from.columnStride] & 0xff;
                    }
                } else {
                    for (int x = 0; x < row.length; x++) {
                        row[x] = from.floats[source + x * from.columnStride];
                    }
                }
                int at = (c * from.height + window.top() + y) * from.width + window.left();
                for (int x = 0; x < row.length; x++) {
                    row[x] = (row[x] - (meanImage ? mean.values()[at + x] : channelMean)) * scale;
                }
                if (mirror) {
                    reverse(row);
                }
                out.put(position, row);
                position += row.length;
            }
        }
    }

    private void check(Pixels from, Window window) {
        if (order != null) {
            for (int source : order) {
                if (source < 0 || source >= from.channels) {
                    throw new ShapeException("channel order " + Arrays.toString(order) + " does not fit an image of " + from.channels
                        + " channels");
                }
            }
        }
        if (window.top() < 0 || window.left() < 0 || window.height() <= 0 || window.width() <= 0
            || window.top() + window.height() > from.height || window.left() + window.width() > from.width) {
            throw new ShapeException(window + " reaches outside an image of height " + from.height + ", width " + from.width);
        }
        int channels = order == null ? from.channels : order.length;
        if (mean != null && (mean.channels() != channels
            || !mean.isPerChannel() && (mean.height() != from.height || mean.width() != from.width))) {
            throw new ShapeException("mean of shape " + mean.shapeString() + " does not fit an image of " + channels + " channels, height "
                + from.height + ", width " + from.width);
        }
    }

    private static void reverse(float[] row) {
        for (int i = 0, j = row.length - 1; i < j; i++, j--) {
            float swap = row[i];
            row[i] = row[j];
            row[j] = swap;
        }
    }
}
