package org.caffe4j.layer.shape;

import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.layer.Layer;
import org.caffe4j.layer.TensorArray;
import org.caffe4j.natives.Native;
import org.caffe4j.optimize.Operation;
import org.caffe4j.proto.LayerParameter;

/**
 * One bottom for several consumers: every top has the bottom's values, without a copy, and a gradient of its own; the bottom's gradient is
 * the sum of the tops'. Nets insert it by themselves. Source: Caffe's Split.
 */
public final class SplitLayer extends Layer {
    public SplitLayer(LayerParameter param, Context context) {
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
    public void reshape(List<Blob> bottom, List<Blob> top) {
        refuseInPlace(bottom, top);
        top.forEach(blob -> blob.reshapeLike(bottom.get(0)));
    }

    @Override
    public void forward(List<Blob> bottom, List<Blob> top) {
        top.forEach(blob -> blob.shareData(bottom.get(0)));
    }

    @Override
    public Operation operation(List<Blob> bottom, List<Blob> top) {
        return new Operation.Identity();
    }

    @Override
    public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
        if (propagateDown[0]) {
            try (TensorArray diffs = TensorArray.diffs(top)) {
                Native.eltwise_sum(diffs.handles(), top.size(), null, bottom.get(0).diff().handle());
            }
        }
    }
}
