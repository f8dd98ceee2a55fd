package org.caffe4j.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.caffe4j.NativeErrors;
import org.caffe4j.ShapeException;
import org.caffe4j.io.Image;
import org.caffe4j.natives.Native;

/**
 * The one place where pixels become net input: channel order, crop, mean, scale, mirror.
 *
 * <p>out(c, y, x) = (pixel(order[c], top + y, left + x) − mean(c, top + y, left + x)) · scale in single precision; a mirrored item is
 * written from right to left, so that a pixel keeps its own mean. The mean is indexed by the <em>output</em> channel. The native core does
 * it in one pass. Immutable, any thread.
 */
public final class PixelTransform {
    private final MeanImage mean;
    private final float scale;
    private final IntBuffer order;

    /**
     * @param mean null for none; one value a channel, or an image of the size of the uncropped items
     * @param order source channel of each output channel, null to keep them
     */
    public PixelTransform(MeanImage mean, float scale, int[] order) {
        this.mean = mean;
        this.scale = scale;
        this.order = order == null ? null
            : ByteBuffer.allocateDirect(order.length * Integer.BYTES).order(ByteOrder.nativeOrder()).asIntBuffer().put(0, order);
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

    /** As {@link #write(Image, Window, boolean, FloatBuffer, int)}. */
    public void write(Pixels from, Window window, boolean mirror, FloatBuffer out, int offset) {
        check(from, window);
        int channels = order == null ? from.channels : order.capacity();
        int count = Math.multiplyExact(channels, Math.multiplyExact(window.height(), window.width()));
        FloatBuffer to = out.slice(offset, count);
        if (to.isDirect() && from.isDirect()) {
            // Pointers to these would be views, but each is registered to be freed, which takes longer than a small item's transformation.
            NativeErrors.run(() -> Native.pixel_transform(from.bytes == null ? null : from.bytes.slice(),
                from.floats == null ? null : from.floats.slice(), from.count(), from.channels, from.height, from.width, from.interleaved, order,
                channels, mean == null ? null : mean.buffer(), mean == null ? 0 : mean.buffer().capacity(), scale, window.top(), window.left(),
                window.height(), window.width(), mirror, to, count));
            return;
        }
        // A pointer to a buffer outside the Java heap is a view, one to another a copy.
        try (BytePointer bytes = from.bytes == null ? null : new BytePointer(from.bytes);
             FloatPointer floats = from.floats == null ? null : new FloatPointer(from.floats);
             IntPointer sources = order == null ? null : new IntPointer(order);
             FloatPointer means = mean == null ? null : new FloatPointer(mean.buffer());
             FloatPointer values = to.isDirect() ? new FloatPointer(to) : new FloatPointer(count)) {
            NativeErrors.run(() -> Native.pixel_transform(bytes, floats, from.count(), from.channels, from.height, from.width,
                from.interleaved, sources, channels, means, mean == null ? 0 : mean.buffer().capacity(), scale, window.top(), window.left(),
                window.height(), window.width(), mirror, values, count));
            if (!to.isDirect()) {
                to.put(values.asBuffer());
            }
        }
    }

    private void check(Pixels from, Window window) {
        if (order != null) {
            for (int c = 0; c < order.capacity(); c++) {
                if (order.get(c) < 0 || order.get(c) >= from.channels) {
                    throw new ShapeException("source channel " + order.get(c) + " is none of an image of " + from.channels + " channels");
                }
            }
        }
        if (window.top() < 0 || window.left() < 0 || window.height() <= 0 || window.width() <= 0
            || window.top() + window.height() > from.height || window.left() + window.width() > from.width) {
            throw new ShapeException(window + " reaches outside an image of height " + from.height + ", width " + from.width);
        }
        int channels = order == null ? from.channels : order.capacity();
        if (mean != null && (mean.channels() != channels
            || !mean.isPerChannel() && (mean.height() != from.height || mean.width() != from.width))) {
            throw new ShapeException("mean of shape " + mean.shapeString() + " does not fit an image of " + channels + " channels, height "
                + from.height + ", width " + from.width);
        }
    }
}
