package org.caffe4j.layer.shape;

import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.layer.Layer;
import org.caffe4j.optimize.Operation;
import org.caffe4j.proto.LayerParameter;

/** Consumes its bottoms, so that they are no outputs of the net; their gradient is 0. Source: Caffe's Silence. */
public final class SilenceLayer extends Layer {
    public SilenceLayer(LayerParameter param, Context context) {
        super(param, context);
    }

    @Override
    public int minBottoms() {
        return 1;
    }

    @Override
    public int exactTops() {
        return 0;
    }

    @Override
    public void reshape(List<Blob> bottom, List<Blob> top) {}

    @Override
    public void forward(List<Blob> bottom, List<Blob> top) {}

    @Override
    public Operation operation(List<Blob> bottom, List<Blob> top) {
        return new Operation.Identity();
    }

    @Override
    public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
        for (int i = 0; i < bottom.size(); i++) {
            if (propagateDown[i]) {
                bottom.get(i).diff().fill(0);
            }
        }
    }
}
