package org.caffe4j.layer.loss;

import java.nio.FloatBuffer;
import java.util.List;
import java.util.OptionalInt;
import org.caffe4j.Blob;
import org.caffe4j.Context;
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
    /** max(0, 1 − y·s). */
    private final Blob violation;

    public HingeLossLayer(LayerParameter param, Context context) {
        super(param, context);
        squared = param.getHingeLossParam().getNorm() == HingeLossParameter.Norm.L2;
        violation = new Blob(context);
    }

    @Override
    public void reshape(List<Blob> bottom, List<Blob> top) {
        super.reshape(bottom, top);
        Labels.requireCount(this, bottom.get(1), bottom.get(0).shape(0));
        violation.reshapeLike(bottom.get(0));
    }

    @Override
    public void forward(List<Blob> bottom, List<Blob> top) {
        Blob scores = bottom.get(0);
        int items = Math.toIntExact(scores.shape(0));
        int classes = Math.toIntExact(scores.count(1));
        Labels.check(this, bottom.get(1), classes, OptionalInt.empty());
        FloatBuffer s = scores.data().read();
        FloatBuffer labels = bottom.get(1).data().read();
        FloatBuffer v = violation.data().overwrite();
        double loss = 0;
        for (int n = 0; n < items; n++) {
            int own = n * classes + (int) labels.get(n);
            for (int i = n * classes; i < (n + 1) * classes; i++) {
                float value = Math.max(0, i == own ? 1 - s.get(i) : 1 + s.get(i));
                v.put(i, value);
                loss += squared ? (double) value * value : value;
            }
        }
        top.get(0).data().set((float) (loss / items));
    }

    @Override
    public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
        refuseLabelGradient(propagateDown);
        if (!propagateDown[0]) {
            return;
        }
        int items = Math.toIntExact(violation.shape(0));
        int classes = Math.toIntExact(violation.count(1));
        float scale = lossWeight(top) / items;
        FloatBuffer labels = bottom.get(1).data().read();
        FloatBuffer v = violation.data().read();
        FloatBuffer diff = bottom.get(0).diff().overwrite();
        for (int n = 0; n < items; n++) {
            int own = n * classes + (int) labels.get(n);
            for (int i = n * classes; i < (n + 1) * classes; i++) {
                float slope = squared ? 2 * v.get(i) : Math.signum(v.get(i));
                diff.put(i, (i == own ? -scale : scale) * slope);
            }
        }
    }

    @Override
    public void close() {
        violation.close();
        super.close();
    }
}
