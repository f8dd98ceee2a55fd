package org.caffe4j.data;

import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import org.caffe4j.DataException;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.io.Image;
import org.caffe4j.proto.TransformationParameter;
import org.caffe4j.proto.WindowDataParameter;

/**
 * WindowData's transformation: a window, with its context, becomes a square of {@code transform_param.crop_size}; out = (pixel − mean) ·
 * {@code window_data_param.scale}, and 0 where the square reaches outside the image. A mean image is taken from its centre and stays where
 * it is when the window is mirrored. Immutable, any thread.
 */
public final class WindowTransformer {
    private final int size;
    private final int context;
    private final boolean square;
    private final float scale;
    private final MeanImage mean;

    /** @throws NetDefinitionException if fields are missing or exclude each other */
    public WindowTransformer(TransformationParameter transform, WindowDataParameter window) {
        size = transform.getCropSize();
        context = window.getContextPad();
        scale = window.getScale();
        square = window.getCropMode().equals("square");
        if (size <= 0) {
            throw new NetDefinitionException("transform_param.crop_size must be set and positive");
        }
        if (!square && !window.getCropMode().equals("warp")) {
            throw new NetDefinitionException("window_data_param.crop_mode \"" + window.getCropMode() + "\" is neither \"warp\" nor \"square\"");
        }
        if (context < 0 || 2L * context >= size) {
            throw new NetDefinitionException("window_data_param.context_pad " + Integer.toUnsignedString(context)
                + " leaves nothing of crop_size " + size);
        }
        if (transform.hasMeanFile() && transform.getMeanValueCount() > 0) {
            throw new NetDefinitionException("Cannot specify mean_file and mean_value at the same time");
        }
        if (transform.hasMeanFile()) {
            mean = MeanImage.read(Path.of(transform.getMeanFile()));
        } else if (transform.getMeanValueCount() > 0) {
            float[] values = new float[transform.getMeanValueCount()];
            for (int c = 0; c < values.length; c++) {
                values[c] = transform.getMeanValue(c);
            }
            mean = MeanImage.perChannel(values);
        } else {
            mean = null;
        }
    }

    /** Height and width of the squares. */
    public int size() {
        return size;
    }

    /** Throws unless the mean fits images of so many channels. */
    public void checkMean(int channels) {
        if (mean != null && mean.channels() != channels && !(mean.isPerChannel() && mean.channels() == 1)) {
            throw new DataException("Specify either 1 mean_value or as many as channels: " + channels + ", but the mean has "
                + mean.channels());
        }
        if (mean != null && !mean.isPerChannel() && (mean.height() < size || mean.width() < size)) {
            throw new DataException("the mean image of height " + mean.height() + ", width " + mean.width()
                + " is smaller than crop_size " + size);
        }
    }

    /** Writes channels × size × size values to {@code out} from index {@code offset} on. */
    public void transform(Image image, WindowFile.Window window, boolean mirror, FloatBuffer out, int offset) {
        WindowCrop crop = WindowCrop.of(window, image, size, context, square, mirror);
        Image part = crop.cut(image);
        int channels = image.channels();
        int rowOffset = mean == null ? 0 : (mean.height() - size) / 2;
        int columnOffset = mean == null ? 0 : (mean.width() - size) / 2;
        float[] row = new float[size];
        for (int c = 0; c < channels; c++) {
            int meanChannel = mean == null || mean.channels() == 1 ? 0 : c;
            for (int y = 0; y < size; y++) {
                Arrays.fill(row, 0);
                int from = y - crop.top();
                for (int x = 0; x < part.width() && from >= 0 && from < part.height(); x++) {
                    int pixel = part.get(from, mirror ? part.width() - 1 - x : x, c);
                    float m = mean == null ? 0 : mean.get(meanChannel, y + rowOffset, x + crop.left() + columnOffset);
                    row[x + crop.left()] = (pixel - m) * scale;
                }
                out.put(offset + (c * size + y) * size, row);
            }
        }
    }
}
