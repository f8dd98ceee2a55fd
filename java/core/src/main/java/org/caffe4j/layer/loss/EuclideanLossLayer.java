package org.caffe4j.layer.loss;

import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.proto.LayerParameter;

/** Σ (a − b)² / (2N) over two bottoms of the same shape, N their first dimension; gradients to both. Source: Caffe's EuclideanLoss. */
public final class EuclideanLossLayer extends LossLayer {
    private final Blob difference;

    public EuclideanLossLayer(LayerParameter param, Context context) {
        super(param, context);
        difference = new Blob(context);
    }

    @Override
    public boolean allowForceBackward(int bottom) {
        return true;
    }

    @Override
    public void reshape(List<Blob> bottom, List<Blob> top) {
        super.reshape(bottom, top);
        requireSameCount(bottom.get(0), bottom.get(1));
        difference.reshapeLike(bottom.get(0));
    }

    @Override
    public void forward(List<Blob> bottom, List<Blob> top) {
        difference.data().copyFrom(bottom.get(0).data());
        difference.data().axpy(-1, bottom.get(1).data());
        top.get(0).data().set((float) (difference.data().sumsq() / bottom.get(0).shape(0) / 2));
    }

    @Override
    public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
        for (int i = 0; i < 2; i++) {
            if (propagateDown[i]) {
                float factor = (i == 0 ? 1 : -1) * lossWeight(top) / bottom.get(i).shape(0);
                bottom.get(i).diff().copyFrom(difference.data());
                bottom.get(i).diff().scale(factor);
            }
        }
    }

    @Override
    public void close() {
        difference.close();
        super.close();
    }
}
