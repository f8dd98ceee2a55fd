package org.caffe4j.layer.shape;

import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.ShapeException;
import org.caffe4j.layer.Layer;
import org.caffe4j.natives.Native;
import org.caffe4j.proto.LayerParameter;

/**
 * Chooses items of the first bottom (N×…) by the indices in the second, which has one axis; an index may come any number of times and
 * must be in [0, N). An item's gradient is the sum over its copies; the indices get none. Source: Caffe's BatchReindex.
 */
public final class BatchReindexLayer extends Layer {
    public BatchReindexLayer(LayerParameter param, Context context) {
        super(param, context);
    }

    @Override
    public int exactBottoms() {
        return 2;
    }

    @Override
    public int exactTops() {
        return 1;
    }

    @Override
    public void reshape(List<Blob> bottom, List<Blob> top) {
        refuseInPlace(bottom, top);
        if (bottom.get(1).numAxes() != 1) {
            throw new ShapeException(where() + "the indices, bottom[1], must have one axis, got shape " + bottom.get(1).shapeString());
        }
        if (bottom.get(0).numAxes() == 0) {
            throw new ShapeException(where() + "bottom[0] must have at least one axis, got a scalar");
        }
        long[] shape = bottom.get(0).shape();
        shape[0] = bottom.get(1).count();
        top.get(0).reshape(shape);
    }

    @Override
    public void forward(List<Blob> bottom, List<Blob> top) {
        Native.batch_reindex_forward(bottom.get(0).data().handle(), bottom.get(1).data().handle(), top.get(0).data().handle());
    }

    @Override
    public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
        if (propagateDown[1]) {
            throw definitionError("Cannot backprop to index.");
        }
        if (propagateDown[0]) {
            Native.batch_reindex_backward(top.get(0).diff().handle(), bottom.get(1).data().handle(), bottom.get(0).diff().handle());
        }
    }
}
