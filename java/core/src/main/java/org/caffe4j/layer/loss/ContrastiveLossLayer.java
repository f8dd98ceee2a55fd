package org.caffe4j.layer.loss;

import java.nio.FloatBuffer;
import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.ShapeException;
import org.caffe4j.proto.ContrastiveLossParameter;
import org.caffe4j.proto.LayerParameter;

/**
 * Draws pairs together or apart: 1/(2N) Σ y·d² + (1 − y)·max(margin − d, 0)², d being the distance of item n of bottom 0 to item n of
 * bottom 1 (both N×C), y whether bottom 2 says (not 0) that they belong together. margin [1]; legacy_version: true uses max(margin − d²,
 * 0) for pairs that do not. Gradients to both; the gradient of d divides by d + 1e-4. Source: Caffe's ContrastiveLoss.
 */
public final class ContrastiveLossLayer extends LossLayer {
    private static final float EPSILON = 1e-4f;

    private final ContrastiveLossParameter settings;
    private float[] squaredDistance = {};

    public ContrastiveLossLayer(LayerParameter param, Context context) {
        super(param, context);
        settings = param.getContrastiveLossParam();
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
        FloatBuffer a = bottom.get(0).data().read();
        FloatBuffer b = bottom.get(1).data().read();
        FloatBuffer similar = bottom.get(2).data().read();
        int pairs = similar.capacity();
        int size = pairs == 0 ? 0 : a.capacity() / pairs;
        squaredDistance = new float[pairs];
        double loss = 0;
        for (int n = 0; n < pairs; n++) {
            double sum = 0;
            for (int i = n * size; i < (n + 1) * size; i++) {
                double d = a.get(i) - b.get(i);
                sum += d * d;
            }
            squaredDistance[n] = (float) sum;
            if ((int) similar.get(n) != 0) {
                loss += sum;
            } else if (settings.getLegacyVersion()) {
                loss += Math.max(settings.getMargin() - sum, 0);
            } else {
                double missing = Math.max(settings.getMargin() - Math.sqrt(sum), 0);
                loss += missing * missing;
            }
        }
        top.get(0).data().set((float) (loss / pairs / 2));
    }

    @Override
    public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
        FloatBuffer a = bottom.get(0).data().read();
        FloatBuffer b = bottom.get(1).data().read();
        FloatBuffer similar = bottom.get(2).data().read();
        int pairs = squaredDistance.length;
        int size = pairs == 0 ? 0 : a.capacity() / pairs;
        for (int side = 0; side < 2; side++) {
            if (!propagateDown[side]) {
                continue;
            }
            FloatBuffer diff = bottom.get(side).diff().overwrite();
            float scale = (side == 0 ? 1 : -1) * lossWeight(top) / pairs;
            for (int n = 0; n < pairs; n++) {
                float factor = scale * factor((int) similar.get(n) != 0, squaredDistance[n]);
                for (int i = n * size; i < (n + 1) * size; i++) {
                    diff.put(i, factor * (a.get(i) - b.get(i)));
                }
            }
        }
    }

    /** The factor of a − b in the gradient of a pair's loss by a. */
    private float factor(boolean similar, float squared) {
        if (similar) {
            return 1;
        }
        if (settings.getLegacyVersion()) {
            return settings.getMargin() - squared > 0 ? -1 : 0;
        }
        float distance = (float) Math.sqrt(squared);
        float missing = settings.getMargin() - distance;
        return missing > 0 ? -missing / (distance + EPSILON) : 0;
    }
}
