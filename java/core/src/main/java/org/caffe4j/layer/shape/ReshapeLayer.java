package org.caffe4j.layer.shape;

import java.util.List;
import java.util.stream.LongStream;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.ShapeException;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.ReshapeParameter;

/**
 * Gives the bottom's values another shape, without a copy. {@code shape} replaces the {@code num_axes} [-1, all] axes from {@code axis}
 * [0; -1 is behind the last] on; a dimension of 0 is that of the replaced axis at the same place, one of -1 (at most one) is what makes
 * the counts equal. Source: Caffe's Reshape.
 */
public final class ReshapeLayer extends ViewLayer {
    private final List<Long> dims;

    public ReshapeLayer(LayerParameter param, Context context) {
        super(param, context);
        dims = param.getReshapeParam().getShape().getDimList();
    }

    @Override
    public void setUp(List<Blob> bottom, List<Blob> top) {
        if (dims.stream().filter(d -> d == -1).count() > 1) {
            throw definitionError("new shape contains multiple -1 dims: " + dims);
        }
        if (dims.stream().anyMatch(d -> d < -1)) {
            throw definitionError("reshape_param.shape: a dimension is -1, 0 or a size, got " + dims);
        }
        if (param().getReshapeParam().getNumAxes() < -1) {
            throw definitionError("num_axes must be >= 0, or -1 for all, got " + param().getReshapeParam().getNumAxes());
        }
    }

    @Override
    long[] topShape(Blob bottom) {
        ReshapeParameter p = param().getReshapeParam();
        int axes = bottom.numAxes();
        int from = p.getAxis() >= 0 ? p.getAxis() : axes + p.getAxis() + 1;
        if (from < 0 || from > axes) {
            throw new ShapeException(where() + "axis " + p.getAxis() + " out of range for bottom shape " + bottom.shapeString());
        }
        if (p.getNumAxes() > axes - from) {
            throw new ShapeException(where() + "end_axis = axis + num_axes is out of range: axis " + from + " + num_axes " + p.getNumAxes()
                    + " > " + axes + " axes of bottom shape " + bottom.shapeString());
        }
        int to = p.getNumAxes() == -1 ? axes : from + p.getNumAxes();
        long[] replaced = new long[dims.size()];
        int inferred = -1;
        long known = bottom.count(0, from) * bottom.count(to);
        for (int i = 0; i < replaced.length; i++) {
            replaced[i] = dims.get(i);
            if (replaced[i] == 0) {
                if (from + i >= axes) {
                    throw new ShapeException(where() + "new shape contains a 0, but there was no corresponding bottom axis to copy: dim "
                            + i + " of " + dims + ", bottom shape " + bottom.shapeString());
                }
                replaced[i] = bottom.shape(from + i);
            }
            if (replaced[i] == -1) {
                inferred = i;
            } else {
                known *= replaced[i];
            }
        }
        if (inferred >= 0) {
            if (known == 0 || bottom.count() % known != 0) {
                throw new ShapeException(where()
                        + "bottom count must be divisible by the product of the specified dimensions: bottom shape "
                        + bottom.shapeString() + ", specified dimensions " + dims + " with a product of " + known);
            }
            replaced[inferred] = bottom.count() / known;
        } else if (known != bottom.count()) {
            throw new ShapeException(where() + "output count must match input count: bottom shape " + bottom.shapeString()
                    + ", new shape has " + known + " elements");
        }
        LongStream before = LongStream.of(bottom.shape()).limit(from);
        LongStream after = LongStream.of(bottom.shape()).skip(to);
        return LongStream.concat(LongStream.concat(before, LongStream.of(replaced)), after).toArray();
    }
}
