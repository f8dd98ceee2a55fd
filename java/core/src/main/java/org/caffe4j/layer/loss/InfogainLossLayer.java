package org.caffe4j.layer.loss;

import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.ShapeException;
import org.caffe4j.io.MeanFile;
import org.caffe4j.proto.InfogainLossParameter;
import org.caffe4j.proto.LayerParameter;

/**
 * A softmax whose classes may be mistaken for one another at a price: −Σ_l H[label, l] · log(max(p[l], 1e-20)) over the items, divided
 * as {@code loss_param} says (VALID if it does not). Bottom 0 holds scores, infogain_loss_param.axis [1] running over the L classes;
 * bottom 1 one label an item; H is bottom 2, or read from the binaryproto {@code source}, L×L values. Items whose label is
 * {@code loss_param.ignore_label} count nothing. The optional second top shows the probabilities.
 *
 * <p>A label that is no class throws DataException. Source: Caffe's InfogainLoss.
 */
public final class InfogainLossLayer extends BaseSoftmaxLossLayer {
    private final InfogainLossParameter settings;
    private float[] source;

    public InfogainLossLayer(LayerParameter param, Context context) {
        super(param, context);
        settings = param.getInfogainLossParam();
    }

    @Override
    int axisField() {
        return settings.getAxis();
    }

    @Override
    public int exactBottoms() {
        return -1;
    }

    @Override
    public int minBottoms() {
        return 2;
    }

    @Override
    public int maxBottoms() {
        return 3;
    }

    @Override
    public void setUp(List<Blob> bottom, List<Blob> top) {
        if (param().getLossParam().hasNormalize()) {
            throw definitionError("normalize is deprecated. use \"normalization\"");
        }
        if (bottom.size() < 3) {
            if (!settings.hasSource()) {
                throw definitionError("Infogain matrix source must be specified: infogain_loss_param.source, or a third bottom.");
            }
            source = MeanFile.read(Path.of(settings.getSource())).values();
        }
    }

    @Override
    public void reshape(List<Blob> bottom, List<Blob> top) {
        super.reshape(bottom, top);
        long classes = classes();
        long given = source == null ? bottom.get(2).count() : source.length;
        if (given != classes * classes) {
            throw new ShapeException(where() + "the infogain matrix must have " + classes + " x " + classes + " values, it has " + given);
        }
    }

    private float[] matrix(List<Blob> bottom) {
        return source == null ? bottom.get(2).data().toArray() : source;
    }

    @Override
    public void forward(List<Blob> bottom, List<Blob> top) {
        forwardSoftmax(bottom);
        int classes = Math.toIntExact(classes());
        int inner = Math.toIntExact(inner());
        int items = Math.toIntExact(outer() * inner());
        float[] h = matrix(bottom);
        FloatBuffer p = probability().data().read();
        FloatBuffer labels = bottom.get(1).data().read();
        double loss = 0;
        for (int i = 0; i < items; i++) {
            int label = (int) labels.get(i);
            if (ignored().isPresent() && label == ignored().getAsInt()) {
                continue;
            }
            int first = i / inner * classes * inner + i % inner;
            for (int l = 0; l < classes; l++) {
                float gain = h[label * classes + l];
                if (gain != 0) {
                    loss -= gain * Math.log(Math.max(p.get(first + l * inner), MultinomialLogisticLossLayer.LEAST_PROBABILITY));
                }
            }
        }
        top.get(0).data().set((float) (loss / divisor()));
    }

    @Override
    public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
        refuseLabelGradient(propagateDown);
        if (propagateDown.length > 2 && propagateDown[2]) {
            throw definitionError(type() + " Layer cannot backpropagate to infogain inputs. (propagate_down must be false for bottom 2)");
        }
        if (!propagateDown[0]) {
            return;
        }
        int classes = Math.toIntExact(classes());
        int inner = Math.toIntExact(inner());
        int items = Math.toIntExact(outer() * inner());
        float scale = (float) (lossWeight(top) / divisor());
        float[] h = matrix(bottom);
        double[] rowSums = new double[classes];
        for (int i = 0; i < h.length; i++) {
            rowSums[i / classes] += h[i];
        }
        FloatBuffer p = probability().data().read();
        FloatBuffer labels = bottom.get(1).data().read();
        FloatBuffer diff = bottom.get(0).diff().overwrite();
        for (int i = 0; i < items; i++) {
            int label = (int) labels.get(i);
            boolean counts = ignored().isEmpty() || label != ignored().getAsInt();
            int first = i / inner * classes * inner + i % inner;
            for (int l = 0; l < classes; l++) {
                int at = first + l * inner;
                diff.put(at, counts ? scale * (float) (p.get(at) * rowSums[label] - h[label * classes + l]) : 0);
            }
        }
    }

    @Override
    public boolean allowForceBackward(int bottom) {
        return bottom == 0;
    }
}
