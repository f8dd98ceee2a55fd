package org.caffe4j.layer.data;

import java.nio.FloatBuffer;
import org.caffe4j.data.DataTransformer;
import org.caffe4j.data.Pixels;

/** An item of a layer that transforms by {@code transform_param}; loading it sets its pixels. */
abstract class TransformedItem implements BasePrefetchingDataLayer.Item {
    private final DataTransformer transformer;
    private final DataTransformer.Draw draw;
    Pixels pixels;

    /** @param draw the item's random numbers; null for one that only its shape is asked for */
    TransformedItem(DataTransformer transformer, DataTransformer.Draw draw) {
        this.transformer = transformer;
        this.draw = draw;
    }

    @Override
    public final long[] shape() {
        return transformer.shape(pixels);
    }

    @Override
    public final void write(long[] shape, FloatBuffer out, int offset) {
        transformer.transform(pixels, draw, shape, out, offset);
    }
}
