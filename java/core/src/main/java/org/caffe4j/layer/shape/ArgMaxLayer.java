package org.caffe4j.layer.shape;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.ShapeException;
import org.caffe4j.layer.UnaryLayer;
import org.caffe4j.natives.Native;
import org.caffe4j.optimize.Operation;
import org.caffe4j.proto.ArgMaxParameter;
import org.caffe4j.proto.LayerParameter;

/**
 * The indices of the {@code top_k} [1] largest values, largest first, of equal ones the larger index first. Without {@code axis} each
 * item (N×…) is one row of values: the top is N×1×k, with {@code out_max_val} N×2×k, a row of indices and a row of values (and as many
 * axes of 1 behind as the bottom has more). With {@code axis} that axis becomes k long and holds the indices, with out_max_val the
 * values. Has no gradient. Source: Caffe's ArgMax.
 */
public final class ArgMaxLayer extends UnaryLayer {
    private final ArgMaxParameter p;
    private final long topK;
    private long channels;
    private long inner;

    public ArgMaxLayer(LayerParameter param, Context context) {
        super(param, context);
        p = param.getArgmaxParam();
        topK = Integer.toUnsignedLong(p.getTopK());
    }

    @Override
    public void setUp(List<Blob> bottom, List<Blob> top) {
        if (topK < 1) {
            throw definitionError("top k must not be less than 1.");
        }
    }

    @Override
    public void reshape(List<Blob> bottom, List<Blob> top) {
        refuseInPlace(bottom, top);
        Blob x = bottom.get(0);
        long[] shape;
        if (p.hasAxis()) {
            int axis = x.canonicalAxis(p.getAxis());
            channels = x.shape(axis);
            inner = x.count(axis + 1);
            shape = x.shape();
            shape[axis] = topK;
        } else {
            if (x.numAxes() == 0) {
                throw new ShapeException(where() + "the bottom must have at least one axis, got a scalar");
            }
            channels = x.count(1);
            inner = 1;
            shape = new long[Math.max(3, x.numAxes())];
            Arrays.fill(shape, 1);
            shape[0] = x.shape(0);
            shape[1] = p.getOutMaxVal() ? 2 : 1;
            shape[2] = topK;
        }
        if (topK > channels) {
            throw new ShapeException(where() + "top k must not be greater than the number of values to choose from: " + topK
                    + " of " + channels + ", bottom shape " + x.shapeString());
        }
        top.get(0).reshape(shape);
    }

    @Override
    public void forward(List<Blob> bottom, List<Blob> top) {
        Native.argmax_forward(bottom.get(0).data().handle(), top.get(0).data().handle(), channels, inner, topK, givesIndices(), p.getOutMaxVal());
    }

    private boolean givesIndices() {
        return !(p.getOutMaxVal() && p.hasAxis());
    }

    @Override
    public Operation operation(List<Blob> bottom, List<Blob> top) {
        return new Operation.ArgMax(p.hasAxis() ? OptionalInt.of(p.getAxis()) : OptionalInt.empty(), topK, givesIndices(), p.getOutMaxVal());
    }

    @Override
    public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
        if (propagateDown[0]) {
            throw definitionError("ArgMax has no gradient; set propagate_down: false or train nothing below it");
        }
    }
}
