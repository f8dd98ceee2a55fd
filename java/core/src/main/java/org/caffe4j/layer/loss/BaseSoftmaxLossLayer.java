package org.caffe4j.layer.loss;

import com.google.protobuf.ProtocolMessageEnum;
import java.util.List;
import java.util.OptionalInt;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.natives.Native;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.LossParameter;

/**
 * What the losses of a softmax share: bottom 0 holds scores, bottom 1 one label an item; the softmax of the scores; the items that
 * {@code loss_param.ignore_label} leaves out; the number that the sum is divided by, as {@code loss_param} says (VALID if it does not);
 * the optional second top, which shows the probabilities.
 */
abstract class BaseSoftmaxLossLayer extends LossLayer {
    private final Blob probability;
    private final OptionalInt ignored;
    private final LossNormalization normalization;
    private double divisor = 1;
    private int engine;

    BaseSoftmaxLossLayer(LayerParameter param, Context context) {
        super(param, context);
        probability = new Blob(context);
        ignored = Labels.ignored(param.getLossParam());
        normalization = LossNormalization.of(param.getLossParam(), LossParameter.NormalizationMode.VALID);
    }

    /** The axis that runs over the classes, as the description gives it. */
    abstract int axisField();

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

    /** Of the softmax; for {@link #setUp}. */
    final void chooseEngine(ProtocolMessageEnum field) {
        engine = engine(field);
    }

    @Override
    public void reshape(List<Blob> bottom, List<Blob> top) {
        super.reshape(bottom, top);
        Blob scores = bottom.get(0);
        Labels.requireOneAnItem(this, scores, scores.canonicalAxis(axisField()), bottom.get(1));
        probability.reshapeLike(scores);
        if (top.size() > 1) {
            top.get(1).reshapeLike(scores);
            top.get(1).shareData(probability);
        }
    }

    /** Computes the probabilities and the divisor of the loss. */
    final void forwardSoftmax(List<Blob> bottom) {
        divisor = normalization.divisor(outer(), inner(), Labels.count(bottom.get(1), ignored));
        Native.softmax_forward(bottom.get(0).data().handle(), probability.data().handle(), outer(), classes(), inner(), engine);
    }

    final Blob probability() {
        return probability;
    }

    final OptionalInt ignored() {
        return ignored;
    }

    final double divisor() {
        return divisor;
    }

    final long classes() {
        return probability.shape(axis());
    }

    /** Number of values along the axes before the classes'. */
    final long outer() {
        return probability.count(0, axis());
    }

    /** Number of values along the axes after the classes'. */
    final long inner() {
        return probability.count(axis() + 1);
    }

    private int axis() {
        return probability.canonicalAxis(axisField());
    }

    @Override
    public void close() {
        probability.close();
        super.close();
    }
}
