package org.caffe4j.layer.loss;

import java.util.List;
import java.util.OptionalInt;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.natives.Native;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.LossParameter;

/**
 * The multinomial logistic loss of a softmax: −Σ log(max(p[label], FLT_MIN)) over the items, divided as {@code loss_param} says (VALID if
 * it does not). Bottom 0 holds scores, softmax_param.axis [1] running over the classes; bottom 1 one label an item. Items whose label is
 * {@code loss_param.ignore_label} count nothing and get no gradient. The optional second top shows the probabilities.
 *
 * <p>A label that is no class throws DataException. Source: Caffe's SoftmaxWithLoss.
 */
public final class SoftmaxWithLossLayer extends LossLayer {
    private final Blob probability;
    private final OptionalInt ignored;
    private final LossNormalization normalization;
    private double divisor = 1;

    public SoftmaxWithLossLayer(LayerParameter param, Context context) {
        super(param, context);
        probability = new Blob(context);
        ignored = Labels.ignored(param.getLossParam());
        normalization = LossNormalization.of(param.getLossParam(), LossParameter.NormalizationMode.VALID);
    }

    @Override
    public int exactTops() {
        return -1;
    }

    @Override
    public int minTops() {
        return 1;
    }

    @Override
    public int maxTops() {
        return 2;
    }

    @Override
    public void setUp(List<Blob> bottom, List<Blob> top) {
        wantsPlainEngine(param().getSoftmaxParam().getEngine());
    }

    @Override
    public void reshape(List<Blob> bottom, List<Blob> top) {
        super.reshape(bottom, top);
        Labels.requireOneAnItem(this, bottom.get(0), axis(bottom.get(0)), bottom.get(1));
        probability.reshapeLike(bottom.get(0));
        if (top.size() > 1) {
            top.get(1).reshapeLike(bottom.get(0));
            top.get(1).shareData(probability);
        }
    }

    @Override
    public void forward(List<Blob> bottom, List<Blob> top) {
        Blob scores = bottom.get(0);
        int axis = axis(scores);
        long outer = scores.count(0, axis);
        long inner = scores.count(axis + 1);
        long valid = Labels.check(this, bottom.get(1), scores.shape(axis), ignored);
        divisor = normalization.divisor(outer, inner, valid);
        Native.softmax_forward(scores.data().handle(), probability.data().handle(), outer, scores.shape(axis), inner);
        double loss = Native.softmax_loss_forward(probability.data().handle(), bottom.get(1).data().handle(), outer, scores.shape(axis), inner,
                ignored.isPresent(), ignored.orElse(0));
        top.get(0).data().set((float) (loss / divisor));
    }

    @Override
    public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
        refuseLabelGradient(propagateDown);
        if (propagateDown[0]) {
            int axis = axis(probability);
            Native.softmax_loss_backward(probability.data().handle(), bottom.get(1).data().handle(), bottom.get(0).diff().handle(),
                    probability.count(0, axis), probability.shape(axis), probability.count(axis + 1), ignored.isPresent(), ignored.orElse(0),
                    (float) (lossWeight(top) / divisor));
        }
    }

    private int axis(Blob scores) {
        return scores.canonicalAxis(param().getSoftmaxParam().getAxis());
    }

    @Override
    public void close() {
        probability.close();
        super.close();
    }
}
