package org.caffe4j;

import java.util.Arrays;
import java.util.List;
import org.caffe4j.layer.activation.ReLULayer;
import org.caffe4j.layer.activation.ScaleLayer;
import org.caffe4j.layer.normalization.BatchNormLayer;

/**
 * A BatchNorm in place over the batch's own statistics, and the Scale, and the ReLU or not, that follow in place on the same blob. Only what
 * the last one writes is ever seen, so that a pass over all of them computes them together, in about half the time of layers that each read and
 * write the whole blob. Passes over single layers run one layer after the other; both kinds may follow each other.
 */
final class NormalizationChain {
    private final List<NetLayer> layers;
    private final int first;
    private final BatchNormLayer batchNorm;
    private final ScaleLayer scale;
    private boolean together;

    private NormalizationChain(int first, List<NetLayer> layers) {
        this.first = first;
        this.layers = layers;
        batchNorm = (BatchNormLayer) layers.get(0).layer;
        scale = (ScaleLayer) layers.get(1).layer;
    }

    /** For each layer the chain that it belongs to, or null. */
    static NormalizationChain[] find(List<NetLayer> layers) {
        NormalizationChain[] chains = new NormalizationChain[layers.size()];
        for (int i = 0; i + 1 < layers.size(); i++) {
            if (isBatchNorm(layers.get(i)) && isScale(layers.get(i), layers.get(i + 1))) {
                int end = i + 2 < layers.size() && isRelu(layers.get(i), layers.get(i + 2)) ? i + 3 : i + 2;
                Arrays.fill(chains, i, end, new NormalizationChain(i, layers.subList(i, end)));
            }
        }
        return chains;
    }

    private static boolean isBatchNorm(NetLayer layer) {
        return layer.layer instanceof BatchNormLayer norm && !norm.usesGlobalStats() && layer.bottomIds.equals(layer.topIds);
    }

    private static boolean isScale(NetLayer batchNorm, NetLayer layer) {
        return layer.layer instanceof ScaleLayer scale && follows(batchNorm, layer) && scale.isByChannel(layer.bottoms);
    }

    private static boolean isRelu(NetLayer batchNorm, NetLayer layer) {
        return layer.layer instanceof ReLULayer && follows(batchNorm, layer) && layer.param.getReluParam().getNegativeSlope() == 0;
    }

    private static boolean follows(NetLayer before, NetLayer layer) {
        return layer.bottomIds.equals(before.topIds) && layer.topIds.equals(before.topIds) && before.lossWeight(0) == 0
                && layer.lossWeight(0) == 0;
    }

    int first() {
        return first;
    }

    int last() {
        return first + layers.size() - 1;
    }

    /** Reshapes and computes all layers; false if nothing was computed. */
    boolean forward() {
        layers.forEach(LayerCalls::reshape);
        NetLayer layer = layers.get(0);
        together = LayerCalls.call(layer, () -> batchNorm.forwardWith(scale, hasRelu(), layer.bottoms.get(0), layer.tops.get(0)));
        return together;
    }

    /** Computes the gradients of all layers; false if nothing was computed. */
    boolean backward() {
        NetLayer layer = layers.get(0);
        return together && layers.stream().allMatch(l -> l.needsBackward && l.propagateDown[0])
                && LayerCalls.call(layer, () -> batchNorm.backwardWith(scale, hasRelu(), layer.bottoms.get(0), layer.tops.get(0)));
    }

    /** To be called before a layer runs by itself: gives it what {@link #forward} has left out. */
    void separate() {
        if (together) {
            together = false;
            LayerCalls.call(layers.get(1), () -> {
                batchNorm.separate(scale, layers.get(0).bottoms.get(0));
                return null;
            });
        }
    }

    private boolean hasRelu() {
        return layers.size() == 3;
    }
}
