package org.caffe4j.layer.loss;

import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.natives.Native;
import org.caffe4j.proto.LayerParameter;

/**
 * −Σ log(max(p[label], 1e-20)) / N over N items; bottom 0 holds an item's probabilities behind its first axis, as Softmax makes them,
 * bottom 1 one label an item. {@link SoftmaxWithLossLayer} does both steps at once and more exactly.
 *
 * <p>A label that is no class throws DataException. Source: Caffe's MultinomialLogisticLoss.
 */
public final class MultinomialLogisticLossLayer extends LossLayer {
    public MultinomialLogisticLossLayer(LayerParameter param, Context context) {
        super(param, context);
    }

    @Override
    public void reshape(List<Blob> bottom, List<Blob> top) {
        super.reshape(bottom, top);
        Labels.requireCount(this, bottom.get(1), bottom.get(0).shape(0));
    }

    @Override
    public void forward(List<Blob> bottom, List<Blob> top) {
        Blob probability = bottom.get(0);
        double loss = Native.multinomial_logistic_loss_forward(probability.data().handle(), bottom.get(1).data().handle(),
                probability.shape(0), probability.count(1));
        top.get(0).data().set((float) (loss / probability.shape(0)));
    }

    @Override
    public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
        refuseLabelGradient(propagateDown);
        if (propagateDown[0]) {
            Blob probability = bottom.get(0);
            Native.multinomial_logistic_loss_backward(probability.data().handle(), bottom.get(1).data().handle(),
                    probability.diff().handle(), probability.shape(0), probability.count(1), lossWeight(top) / probability.shape(0));
        }
    }
}
