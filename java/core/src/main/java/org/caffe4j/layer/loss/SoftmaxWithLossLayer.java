package org.caffe4j.layer.loss;

import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.natives.Native;
import org.caffe4j.proto.LayerParameter;

/**
 * The multinomial logistic loss of a softmax: −Σ log(max(p[label], FLT_MIN)) over the items, divided as {@code loss_param} says (VALID if
 * it does not). Bottom 0 holds scores, softmax_param.axis [1] running over the classes; bottom 1 one label an item. Items whose label is
 * {@code loss_param.ignore_label} count nothing and get no gradient. The optional second top shows the probabilities.
 *
 * <p>A label that is no class throws DataException. Source: Caffe's SoftmaxWithLoss.
 */
public final class SoftmaxWithLossLayer extends BaseSoftmaxLossLayer {
    public SoftmaxWithLossLayer(LayerParameter param, Context context) {
        super(param, context);
    }

    @Override
    int axisField() {
        return param().getSoftmaxParam().getAxis();
    }

    @Override
    public void setUp(List<Blob> bottom, List<Blob> top) {
        chooseEngine(param().getSoftmaxParam().getEngine());
    }

    @Override
    public void forward(List<Blob> bottom, List<Blob> top) {
        forwardSoftmax(bottom);
        double loss = Native.softmax_loss_forward(probability().data().handle(), bottom.get(1).data().handle(), outer(), classes(), inner(),
                ignored().isPresent(), ignored().orElse(0));
        top.get(0).data().set((float) (loss / divisor()));
    }

    @Override
    public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
        refuseLabelGradient(propagateDown);
        if (propagateDown[0]) {
            Native.softmax_loss_backward(probability().data().handle(), bottom.get(1).data().handle(), bottom.get(0).diff().handle(),
                    outer(), classes(), inner(), ignored().isPresent(), ignored().orElse(0), (float) (lossWeight(top) / divisor()));
        }
    }
}
