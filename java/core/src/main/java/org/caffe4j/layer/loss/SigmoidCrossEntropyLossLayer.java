package org.caffe4j.layer.loss;

import java.util.List;
import java.util.OptionalInt;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.natives.Native;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.LossParameter;

/**
 * −Σ t·log(σ(x)) + (1 − t)·log(1 − σ(x)) over scores x, bottom 0, and targets t in [0, 1], bottom 1, of as many elements; divided as
 * {@code loss_param} says (BATCH_SIZE if it does not; FULL and VALID count elements). Elements whose target, cut to a whole number, is
 * {@code loss_param.ignore_label} count nothing and get no gradient. Source: Caffe's SigmoidCrossEntropyLoss.
 */
public final class SigmoidCrossEntropyLossLayer extends LossLayer {
    private final OptionalInt ignored;
    private final LossNormalization normalization;
    private double divisor = 1;

    public SigmoidCrossEntropyLossLayer(LayerParameter param, Context context) {
        super(param, context);
        ignored = Labels.ignored(param.getLossParam());
        normalization = LossNormalization.of(param.getLossParam(), LossParameter.NormalizationMode.BATCH_SIZE);
    }

    @Override
    public void reshape(List<Blob> bottom, List<Blob> top) {
        super.reshape(bottom, top);
        requireSameCount(bottom.get(0), bottom.get(1));
    }

    @Override
    public void forward(List<Blob> bottom, List<Blob> top) {
        Blob scores = bottom.get(0);
        divisor = normalization.divisor(scores.shape(0), scores.count(1), Labels.count(bottom.get(1), ignored));
        double loss = Native.sigmoid_cross_entropy_loss_forward(scores.data().handle(), bottom.get(1).data().handle(), ignored.isPresent(),
                ignored.orElse(0));
        top.get(0).data().set((float) (loss / divisor));
    }

    @Override
    public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
        refuseLabelGradient(propagateDown);
        if (propagateDown[0]) {
            Native.sigmoid_cross_entropy_loss_backward(bottom.get(0).data().handle(), bottom.get(1).data().handle(),
                    bottom.get(0).diff().handle(), ignored.isPresent(), ignored.orElse(0), (float) (lossWeight(top) / divisor));
        }
    }
}
