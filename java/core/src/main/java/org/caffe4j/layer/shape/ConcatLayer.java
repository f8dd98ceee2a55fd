package org.caffe4j.layer.shape;

import java.util.List;
import org.bytedeco.javacpp.BoolPointer;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.ShapeException;
import org.caffe4j.layer.Layer;
import org.caffe4j.layer.TensorArray;
import org.caffe4j.natives.Native;
import org.caffe4j.optimize.Operation;
import org.caffe4j.proto.ConcatParameter;
import org.caffe4j.proto.LayerParameter;

/**
 * Joins its bottoms along {@code axis} [1] (or the older concat_dim); on the other axes they have one size. A single bottom is passed on
 * without a copy. Source: Caffe's Concat.
 */
public final class ConcatLayer extends Layer {
    private int axis;

    public ConcatLayer(LayerParameter param, Context context) {
        super(param, context);
    }

    @Override
    public int minBottoms() {
        return 1;
    }

    @Override
    public int exactTops() {
        return 1;
    }

    @Override
    public void setUp(List<Blob> bottom, List<Blob> top) {
        ConcatParameter p = param().getConcatParam();
        if (p.hasAxis() && p.hasConcatDim()) {
            throw definitionError("Either axis or concat_dim should be specified; not both.");
        }
    }

    @Override
    public void reshape(List<Blob> bottom, List<Blob> top) {
        refuseInPlace(bottom, top);
        ConcatParameter p = param().getConcatParam();
        Blob first = bottom.get(0);
        axis = first.canonicalAxis(p.hasConcatDim() ? p.getConcatDim() : p.getAxis());
        long[] shape = first.shape();
        shape[axis] = 0;
        for (Blob blob : bottom) {
            if (blob.numAxes() != shape.length) {
                throw new ShapeException(where() + "All inputs must have the same #axes: " + first.shapeString()
                        + " vs. " + blob.shapeString());
            }
            for (int i = 0; i < shape.length; i++) {
                if (i != axis && blob.shape(i) != shape[i]) {
                    throw new ShapeException(where() + "All inputs must have the same shape, except at concat_axis " + axis + ": "
                            + first.shapeString() + " vs. " + blob.shapeString());
                }
            }
            shape[axis] += blob.shape(axis);
        }
        top.get(0).reshape(shape);
        if (bottom.size() == 1) {
            top.get(0).shareData(first);
            top.get(0).shareDiff(first);
        }
    }

    @Override
    public void forward(List<Blob> bottom, List<Blob> top) {
        if (bottom.size() > 1) {
            try (TensorArray parts = TensorArray.data(bottom)) {
                Native.concat(parts.handles(), bottom.size(), top.get(0).data().handle(), axis);
            }
        }
    }

    @Override
    public Operation operation(List<Blob> bottom, List<Blob> top) {
        return bottom.size() == 1 ? new Operation.Identity() : new Operation.Concat(axis);
    }

    @Override
    public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
        if (bottom.size() > 1) {
            try (TensorArray parts = TensorArray.diffs(bottom); BoolPointer wanted = new BoolPointer(bottom.size())) {
                for (int i = 0; i < bottom.size(); i++) {
                    wanted.put(i, propagateDown[i]);
                }
                Native.slice(top.get(0).diff().handle(), parts.handles(), bottom.size(), wanted, axis);
            }
        }
    }
}
