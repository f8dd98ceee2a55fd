package org.caffe4j.layer.shape;

import java.util.stream.LongStream;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.ShapeException;
import org.caffe4j.proto.LayerParameter;

/** Merges the axes from {@code axis} [1] to {@code end_axis} [-1, the last] into one, without a copy. Source: Caffe's Flatten. */
public final class FlattenLayer extends ViewLayer {
    public FlattenLayer(LayerParameter param, Context context) {
        super(param, context);
    }

    @Override
    long[] topShape(Blob bottom) {
        int from = bottom.canonicalAxis(param().getFlattenParam().getAxis());
        int to = bottom.canonicalAxis(param().getFlattenParam().getEndAxis());
        if (from > to) {
            throw new ShapeException(where() + "axis " + from + " is behind end_axis " + to + " for bottom shape " + bottom.shapeString());
        }
        LongStream before = LongStream.of(bottom.shape()).limit(from);
        LongStream after = LongStream.of(bottom.shape()).skip(to + 1L);
        return LongStream.concat(LongStream.concat(before, LongStream.of(bottom.count(from, to + 1))), after).toArray();
    }
}
