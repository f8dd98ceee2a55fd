package org.caffe4j.layer.loss;

import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.ShapeException;
import org.caffe4j.natives.Native;
import org.caffe4j.proto.ContrastiveLossParameter;
import org.caffe4j.proto.LayerParameter;

/**
 * Draws pairs together or apart: 1/(2N) Σ y·d² + (1 − y)·max(margin − d, 0)², d being the distance of item n of bottom 0 to item n of
 * bottom 1 (both N×C), y whether bottom 2 says (not 0) that they belong together. margin [1]; legacy_version: true uses max(margin − d²,
 * 0) for pairs that do not. Gradients to both; the gradient of d divides by d + 1e-4. Source: Caffe's ContrastiveLoss.
 */
public final class ContrastiveLossLayer extends LossLayer {
    private final ContrastiveLossParameter settings;
    private final Blob squaredDistance;

    public ContrastiveLossLayer(LayerParameter param, Context context) {
        super(param, context);
        settings = param.getContrastiveLossParam();
        squaredDistance = new Blob(context);
    }

    @Override
    public int exactBottoms() {
        return 3;
    }

    @Override
    public boolean allowForceBackward(int bottom) {
        return bottom != 2;
    }

    @Override
    public void reshape(List<Blob> bottom, List<Blob> top) {
        super.reshape(bottom, top);
        requireSameCount(bottom.get(0), bottom.get(1));
        if (bottom.get(2).count() != bottom.get(0).shape(0)) {
            throw new ShapeException(where() + "expected one similarity for each of " + bottom.get(0).shape(0) + " pairs, got shape "
                    + bottom.get(2).shapeString());
        }
    }

    @Override
    public void forward(List<Blob> bottom, List<Blob> top) {
        Blob similar = bottom.get(2);
        squaredDistance.reshapeLike(similar);
        double loss = Native.contrastive_loss_forward(bottom.get(0).data().handle(), bottom.get(1).data().handle(), similar.data().handle(),
                squaredDistance.data().handle(), settings.getMargin(), settings.getLegacyVersion());
        top.get(0).data().set((float) (loss / similar.count() / 2));
    }

    @Override
    public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
        float scale = lossWeight(top) / bottom.get(2).count();
        for (int side = 0; side < 2; side++) {
            if (propagateDown[side]) {
                Native.contrastive_loss_backward(bottom.get(0).data().handle(), bottom.get(1).data().handle(), bottom.get(2).data().handle(),
                        squaredDistance.data().handle(), bottom.get(side).diff().handle(), settings.getMargin(), settings.getLegacyVersion(),
                        side == 0 ? scale : -scale);
            }
        }
    }

    @Override
    public void close() {
        squaredDistance.close();
        super.close();
    }
}
