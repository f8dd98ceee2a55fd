package org.caffe4j.layer.loss;

import java.nio.file.Path;
import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.ShapeException;
import org.caffe4j.io.MeanFile;
import org.caffe4j.natives.Native;
import org.caffe4j.proto.InfogainLossParameter;
import org.caffe4j.proto.LayerParameter;

/**
 * A softmax whose classes may be mistaken for one another at a price: −Σ_l H[label, l] · log(max(p[l], 1e-20)) over the items, divided
 * as {@code loss_param} says (VALID if it does not). Bottom 0 holds scores, infogain_loss_param.axis [1] running over the L classes;
 * bottom 1 one label an item; H is bottom 2, or read from the binaryproto {@code source}, L×L values. softmax_param.engine is that of
 * the softmax. Items whose label is
 * {@code loss_param.ignore_label} count nothing. The optional second top shows the probabilities.
 *
 * <p>A label that is no class throws DataException. Source: Caffe's InfogainLoss.
 */
public final class InfogainLossLayer extends BaseSoftmaxLossLayer {
    private final InfogainLossParameter settings;
    /** The matrix that a file has given. */
    private final Blob source;

    public InfogainLossLayer(LayerParameter param, Context context) {
        super(param, context);
        settings = param.getInfogainLossParam();
        source = new Blob(context);
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
        chooseEngine(param().getSoftmaxParam().getEngine());
        if (param().getLossParam().hasNormalize()) {
            throw definitionError("normalize is deprecated. use \"normalization\"");
        }
        if (bottom.size() < 3) {
            if (!settings.hasSource()) {
                throw definitionError("Infogain matrix source must be specified: infogain_loss_param.source, or a third bottom.");
            }
            float[] values = MeanFile.read(Path.of(settings.getSource())).values();
            source.reshape(values.length);
            source.data().set(values);
        }
    }

    @Override
    public void reshape(List<Blob> bottom, List<Blob> top) {
        super.reshape(bottom, top);
        long classes = classes();
        long given = matrix(bottom).count();
        if (given != classes * classes) {
            throw new ShapeException(where() + "the infogain matrix must have " + classes + " x " + classes + " values, it has " + given);
        }
    }

    private Blob matrix(List<Blob> bottom) {
        return bottom.size() > 2 ? bottom.get(2) : source;
    }

    @Override
    public void forward(List<Blob> bottom, List<Blob> top) {
        forwardSoftmax(bottom);
        double loss = Native.infogain_loss_forward(probability().data().handle(), bottom.get(1).data().handle(),
                matrix(bottom).data().handle(), outer(), classes(), inner(), ignored().isPresent(), ignored().orElse(0));
        top.get(0).data().set((float) (loss / divisor()));
    }

    @Override
    public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
        refuseLabelGradient(propagateDown);
        if (propagateDown.length > 2 && propagateDown[2]) {
            throw definitionError(type() + " Layer cannot backpropagate to infogain inputs. (propagate_down must be false for bottom 2)");
        }
        if (propagateDown[0]) {
            Native.infogain_loss_backward(probability().data().handle(), bottom.get(1).data().handle(), matrix(bottom).data().handle(),
                    bottom.get(0).diff().handle(), outer(), classes(), inner(), ignored().isPresent(), ignored().orElse(0),
                    (float) (lossWeight(top) / divisor()));
        }
    }

    @Override
    public boolean allowForceBackward(int bottom) {
        return bottom == 0;
    }

    @Override
    public void close() {
        source.close();
        super.close();
    }
}
