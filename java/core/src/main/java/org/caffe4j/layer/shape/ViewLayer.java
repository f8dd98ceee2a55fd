package org.caffe4j.layer.shape;

import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.layer.Layer;
import org.caffe4j.optimize.Operation;
import org.caffe4j.proto.LayerParameter;

/** One bottom that is seen with another shape: the top shares its data and diff, nothing is computed. */
abstract class ViewLayer extends Layer {
    ViewLayer(LayerParameter param, Context context) {
        super(param, context);
    }

    @Override
    public final int exactBottoms() {
        return 1;
    }

    @Override
    public final int exactTops() {
        return 1;
    }

    /** The top's shape; its count is the bottom's. */
    abstract long[] topShape(Blob bottom);

    @Override
    public final void reshape(List<Blob> bottom, List<Blob> top) {
        refuseInPlace(bottom, top);
        top.get(0).reshape(topShape(bottom.get(0)));
        top.get(0).shareData(bottom.get(0));
        top.get(0).shareDiff(bottom.get(0));
    }

    @Override
    public final void forward(List<Blob> bottom, List<Blob> top) {}

    @Override
    public final void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {}

    @Override
    public Operation operation(List<Blob> bottom, List<Blob> top) {
        return new Operation.View();
    }
}
