package org.caffe4j;

import java.util.ArrayList;
import java.util.List;
import org.caffe4j.layer.Layer;
import org.caffe4j.proto.LayerParameter;

/** A layer and its place in a net: the blobs around it, which gradients it computes, what its tops add to the loss. */
final class NetLayer {
    final LayerParameter param;
    Layer layer;
    final List<Blob> bottoms = new ArrayList<>();
    final List<Blob> tops = new ArrayList<>();
    final List<Integer> bottomIds = new ArrayList<>();
    final List<Integer> topIds = new ArrayList<>();
    final List<Integer> paramIds = new ArrayList<>();
    boolean[] propagateDown = {};
    boolean needsBackward;
    private float[] lossWeights = {};
    private long[] weighted = {};

    NetLayer(LayerParameter param) {
        this.param = param;
    }

    String name() {
        return param.getName();
    }

    float lossWeight(int top) {
        return lossWeights.length > top ? lossWeights[top] : 0;
    }

    /** Takes the loss weights from the definition, or from the layer where the definition has none. */
    void setLossWeights() {
        int given = param.getLossWeightCount();
        if (given > 0 && given != tops.size()) {
            throw new NetDefinitionException(layer.where() + "loss_weight must be unspecified or specified once per top blob. It is given "
                    + given + " times for "
                    + tops.size() + " top blobs.");
        }
        lossWeights = new float[tops.size()];
        weighted = new long[tops.size()];
        for (int i = 0; i < lossWeights.length; i++) {
            lossWeights[i] = given > 0 ? param.getLossWeight(i) : layer.defaultLossWeight(i);
        }
        fillLossWeights();
    }

    /** Writes the loss weights into the gradients of the tops, at set-up and whenever a weighted top has changed its size. */
    void fillLossWeights() {
        for (int i = 0; i < lossWeights.length; i++) {
            Blob top = tops.get(i);
            if (lossWeights[i] != 0 && weighted[i] != top.count()) {
                top.diff().fill(lossWeights[i]);
                weighted[i] = top.count();
            }
        }
    }

    /** What the tops add to the loss: the dot products of data and diff of the weighted tops. */
    float loss() {
        double loss = 0;
        for (int i = 0; i < lossWeights.length; i++) {
            if (lossWeights[i] != 0) {
                loss += tops.get(i).data().dot(tops.get(i).diff());
            }
        }
        return (float) loss;
    }

    /** The definition as Caffe writes it into a {@code .caffemodel}, without weights: see {@link Net#toParameter}. */
    LayerParameter written() {
        LayerParameter.Builder written = param.toBuilder().clearBlobs();
        if (written.getLossWeightCount() == 0 && layer.defaultLossWeight(0) != 0) {
            written.addLossWeight(layer.defaultLossWeight(0));
        }
        for (int i = written.getParamCount(); i < layer.blobs().size() && layer.defaultParam(i).hasLrMult(); i++) {
            written.addParam(layer.defaultParam(i));
        }
        return written.build();
    }

    /** Checks the numbers of bottom and top blobs against what the layer takes. */
    void checkBlobCounts() {
        check(layer.exactBottoms(), bottoms.size(), "takes", "", "bottom blob(s) as input", bottoms.size() == layer.exactBottoms());
        check(layer.minBottoms(), bottoms.size(), "takes", "at least ", "bottom blob(s) as input", bottoms.size() >= layer.minBottoms());
        check(layer.maxBottoms(), bottoms.size(), "takes", "at most ", "bottom blob(s) as input", bottoms.size() <= layer.maxBottoms());
        check(layer.exactTops(), tops.size(), "produces", "", "top blob(s) as output", tops.size() == layer.exactTops());
        check(layer.minTops(), tops.size(), "produces", "at least ", "top blob(s) as output", tops.size() >= layer.minTops());
        check(layer.maxTops(), tops.size(), "produces", "at most ", "top blob(s) as output", tops.size() <= layer.maxTops());
        if (layer.equalBottomsAndTops() && bottoms.size() != tops.size()) {
            throw new NetDefinitionException(layer.where() + param.getType()
                    + " Layer produces one top blob as output for each bottom blob input. It has " + bottoms.size() + " bottoms and "
                    + tops.size() + " tops.");
        }
    }

    private void check(int wanted, int found, String verb, String relation, String what, boolean holds) {
        if (wanted >= 0 && !holds) {
            throw new NetDefinitionException(layer.where() + param.getType() + " Layer " + verb + " " + relation + wanted + " "
                    + what + ". It has " + found + ".");
        }
    }
}
