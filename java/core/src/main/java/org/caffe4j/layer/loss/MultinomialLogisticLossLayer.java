package org.caffe4j.layer.loss;

import java.nio.FloatBuffer;
import java.util.List;
import java.util.OptionalInt;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.proto.LayerParameter;

/**
 * −Σ log(max(p[label], 1e-20)) / N over N items; bottom 0 holds an item's probabilities behind its first axis, as Softmax makes them,
 * bottom 1 one label an item. {@link SoftmaxWithLossLayer} does both steps at once and more exactly.
 *
 * <p>A label that is no class throws DataException. Source: Caffe's MultinomialLogisticLoss.
 */
public final class MultinomialLogisticLossLayer extends LossLayer {
    /** The least probability that is told from 0. */
    static final float LEAST_PROBABILITY = 1e-20f;

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
        int items = Math.toIntExact(probability.shape(0));
        int classes = Math.toIntExact(probability.count(1));
        Labels.check(this, bottom.get(1), classes, OptionalInt.empty());
        FloatBuffer p = probability.data().read();
        FloatBuffer labels = bottom.get(1).data().read();
        double loss = 0;
        for (int n = 0; n < items; n++) {
            loss -= Math.log(Math.max(p.get(n * classes + (int) labels.get(n)), LEAST_PROBABILITY));
        }
        top.get(0).data().set((float) (loss / items));
    }

    @Override
    public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
        refuseLabelGradient(propagateDown);
        if (!propagateDown[0]) {
            return;
        }
        Blob probability = bottom.get(0);
        int items = Math.toIntExact(probability.shape(0));
        int classes = Math.toIntExact(probability.count(1));
        float scale = -lossWeight(top) / items;
        FloatBuffer p = probability.data().read();
        FloatBuffer labels = bottom.get(1).data().read();
        probability.diff().fill(0);
        FloatBuffer diff = probability.diff().update();
        for (int n = 0; n < items; n++) {
            int own = n * classes + (int) labels.get(n);
            diff.put(own, scale / Math.max(p.get(own), LEAST_PROBABILITY));
        }
    }
}
