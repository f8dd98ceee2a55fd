package org.caffe4j.layer.loss;

import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.natives.Native;
import org.caffe4j.proto.HingeLossParameter;
import org.caffe4j.proto.LayerParameter;

/**
 * One-versus-all hinge loss: Σ max(0, 1 − y·s) / N over the scores s of N items, y being 1 for the label's score and −1 for the others;
 * norm L2 takes the squares, L1 (default) does not. Bottom 0 holds an item's scores behind its first axis, bottom 1 one label an item. At
 * the kink the gradient is 0.
 *
 * <p>A label that is no class throws DataException. Source: Caffe's HingeLoss.
 */
public final class HingeLossLayer extends LossLayer {
    private final boolean squared;

    public HingeLossLayer(LayerParameter param, Context context) {
        super(param, context);
        squared = param.getHingeLossParam().getNorm() == HingeLossParameter.Norm.L2;
    }

    @Override
    public void reshape(List<Blob> bottom, List<Blob> top) {
        super.reshape(bottom, top);
        Labels.requireCount(this, bottom.get(1), bottom.get(0).shape(0));
    }

    @Override
    public void forward(List<Blob> bottom, List<Blob> top) {
        Blob scores = bottom.get(0);
        double loss = Native.hinge_loss_forward(scores.data().handle(), bottom.get(1).data().handle(), scores.shape(0), scores.count(1), squared);
        top.get(0).data().set((float) (loss / scores.shape(0)));
    }

    @Override
    public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
        refuseLabelGradient(propagateDown);
        if (propagateDown[0]) {
            Blob scores = bottom.get(0);
            Native.hinge_loss_backward(scores.data().handle(), bottom.get(1).data().handle(), scores.diff().handle(), scores.shape(0),
                    scores.count(1), squared, lossWeight(top) / scores.shape(0));
        }
    }
}
