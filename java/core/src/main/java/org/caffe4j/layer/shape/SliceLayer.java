package org.caffe4j.layer.shape;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.ShapeException;
import org.caffe4j.layer.Layer;
import org.caffe4j.layer.TensorArray;
import org.caffe4j.natives.Native;
import org.caffe4j.optimize.Operation;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.SliceParameter;

/**
 * Cuts its bottom along {@code axis} [1] (or the older slice_dim) into the tops: at the {@code slice_point}s, or without them into equal
 * parts. A single top is the bottom without a copy. Source: Caffe's Slice.
 */
public final class SliceLayer extends Layer {
    private int axis;
    /** Where each top begins in the bottom. */
    private long[][] offsets;

    public SliceLayer(LayerParameter param, Context context) {
        super(param, context);
    }

    @Override
    public int exactBottoms() {
        return 1;
    }

    @Override
    public int minTops() {
        return 1;
    }

    @Override
    public void setUp(List<Blob> bottom, List<Blob> top) {
        SliceParameter p = param().getSliceParam();
        if (p.hasAxis() && p.hasSliceDim()) {
            throw definitionError("Either axis or slice_dim should be specified; not both.");
        }
        if (p.getSlicePointCount() != 0 && p.getSlicePointCount() != top.size() - 1) {
            throw definitionError("slice_point must be given once less than there are tops: expected " + (top.size() - 1) + ", got "
                    + p.getSlicePointCount());
        }
    }

    @Override
    public void reshape(List<Blob> bottom, List<Blob> top) {
        refuseInPlace(bottom, top);
        SliceParameter p = param().getSliceParam();
        Blob x = bottom.get(0);
        axis = x.canonicalAxis(p.hasSliceDim() ? p.getSliceDim() : p.getAxis());
        long[] sizes = sizes(p, x, top.size());
        long[] shape = x.shape();
        offsets = new long[sizes.length][shape.length];
        for (int i = 0; i < sizes.length; i++) {
            shape[axis] = sizes[i];
            top.get(i).reshape(shape);
            offsets[i][axis] = i == 0 ? 0 : offsets[i - 1][axis] + sizes[i - 1];
        }
        if (top.size() == 1) {
            top.get(0).shareData(x);
            top.get(0).shareDiff(x);
        }
    }

    private long[] sizes(SliceParameter p, Blob x, int tops) {
        long[] sizes = new long[tops];
        long size = x.shape(axis);
        if (p.getSlicePointCount() == 0) {
            if (size % tops != 0) {
                throw new ShapeException(where() + "Number of top blobs (" + tops + ") should evenly divide input slice axis (" + size
                        + ") of bottom shape " + x.shapeString() + "; give slice_points for parts of different sizes");
            }
            Arrays.fill(sizes, size / tops);
            return sizes;
        }
        long previous = 0;
        for (int i = 0; i < tops; i++) {
            long end = i == tops - 1 ? size : Integer.toUnsignedLong(p.getSlicePoint(i));
            if (end <= previous) {
                throw new ShapeException(where() + "slice_points must increase and stay inside axis " + axis + ": got "
                        + p.getSlicePointList() + " for bottom shape " + x.shapeString());
            }
            sizes[i] = end - previous;
            previous = end;
        }
        return sizes;
    }

    @Override
    public void forward(List<Blob> bottom, List<Blob> top) {
        if (top.size() > 1) {
            try (TensorArray parts = TensorArray.data(top)) {
                Native.slice(bottom.get(0).data().handle(), parts.handles(), top.size(), null, axis);
            }
        }
    }

    @Override
    public Operation operation(List<Blob> bottom, List<Blob> top) {
        return top.size() == 1 ? new Operation.Identity()
                : new Operation.Parts(IntStream.range(0, top.size()).mapToObj(i -> new Operation.Part(() -> offsets[i])).toList());
    }

    @Override
    public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
        if (propagateDown[0] && top.size() > 1) {
            try (TensorArray parts = TensorArray.diffs(top)) {
                Native.concat(parts.handles(), top.size(), bottom.get(0).diff().handle(), axis);
            }
        }
    }
}
