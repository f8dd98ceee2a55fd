package org.caffe4j.layer.activation;

import java.util.Arrays;
import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.ShapeException;
import org.caffe4j.layer.Layer;
import org.caffe4j.optimize.Operation;
import org.caffe4j.proto.FillerParameter;
import org.caffe4j.proto.LayerParameter;

/**
 * Combines its first bottom with an operand whose shape is that of some of the bottom's axes, repeated over the others: the second
 * bottom, or without one the first learned blob. The bottom's diff may be the top's (in place).
 */
abstract class BroadcastLayer extends Layer {
    private final int axis;
    private final int numAxes;
    private long inner;

    /**
     * @param axis where the operand begins in the bottom's shape
     * @param numAxes how many axes a learned operand covers; -1 = to the end
     */
    BroadcastLayer(LayerParameter param, Context context, int axis, int numAxes) {
        super(param, context);
        this.axis = axis;
        this.numAxes = numAxes;
    }

    @Override
    public final int minBottoms() {
        return 1;
    }

    @Override
    public final int maxBottoms() {
        return 2;
    }

    @Override
    public final int exactTops() {
        return 1;
    }

    /** Makes the learned operand unless there is a second bottom. */
    final void addOperand(List<Blob> bottom, FillerParameter filler) {
        if (bottom.size() == 1) {
            addParam(filler, operandShape(bottom.get(0)));
        }
    }

    private long[] operandShape(Blob x) {
        if (numAxes < -1) {
            throw definitionError("num_axes must be non-negative, or -1 to extend to the end of bottom[0], got " + numAxes);
        }
        int from = x.canonicalAxis(axis);
        if (numAxes > x.numAxes() - from) {
            throw new ShapeException(where() + "the blob's shape extends past bottom[0]'s shape when applied starting with bottom[0] axis "
                    + from + ": num_axes " + numAxes + ", bottom shape " + x.shapeString());
        }
        return Arrays.copyOfRange(x.shape(), from, numAxes == -1 ? x.numAxes() : from + numAxes);
    }

    /** Whether the learned operand has a value for each channel, axis 1. */
    final boolean coversChannels(Blob x) {
        return x.numAxes() >= 2 && x.canonicalAxis(axis) == 1 && blobs().get(0).numAxes() == 1;
    }

    /** The layer as an operation: {@code combination} as in plan.h; the learned {@code shift}, or null, is added to the result. */
    final Operation broadcast(List<Blob> bottom, int combination, Blob shift) {
        return new Operation.Broadcast(combination, axis, bottom.size() > 1 ? null : blobs().get(0), shift);
    }

    /** The second factor or summand. */
    final Blob operand(List<Blob> bottom) {
        return bottom.size() > 1 ? bottom.get(1) : blobs().get(0);
    }

    /** Number of elements of the first bottom behind the axes that the operand covers. */
    final long inner() {
        return inner;
    }

    @Override
    public final void reshape(List<Blob> bottom, List<Blob> top) {
        Blob x = bottom.get(0);
        Blob operand = operand(bottom);
        // A scalar operand fits anywhere, so axis need not exist.
        int from = operand.numAxes() == 0 ? 0 : x.canonicalAxis(axis);
        int to = from + operand.numAxes();
        if (to > x.numAxes() || !Arrays.equals(x.shape(), from, to, operand.shape(), 0, operand.numAxes())) {
            throw new ShapeException(where() + "dimension mismatch: the operand of shape " + operand.shapeString()
                    + " does not fit bottom[0] of shape " + x.shapeString() + " from axis " + from + " on");
        }
        inner = operand.numAxes() == 0 ? x.count() : x.count(to);
        if (bottom.size() > 1 && bottom.get(1) == top.get(0)) {
            throw definitionError("the top may be bottom[0], not bottom[1]");
        }
        top.get(0).reshapeLike(x);
    }
}
