package org.caffe4j;

import java.util.ArrayList;
import java.util.List;

/** The passes of a {@link Net} over its layers, one after another, with what watches them: callbacks and {@code debug_info}. */
final class NetPasses {
    private final Net net;
    private final List<NetLayer> layers;
    private final NormalizationChain[] chains;
    private final NetDebug debug;
    private final List<NetCallback> callbacks = new ArrayList<>();
    private boolean debugInfo;

    NetPasses(Net net, List<NetLayer> layers, NetDebug debug, boolean debugInfo) {
        this.net = net;
        this.layers = layers;
        chains = NormalizationChain.find(layers);
        this.debug = debug;
        this.debugInfo = debugInfo;
    }

    List<NetCallback> callbacks() {
        return callbacks;
    }

    void setDebugInfo(boolean debugInfo) {
        this.debugInfo = debugInfo;
    }

    /** Gives the layers {@code first} to {@code last} the shapes that follow from their bottoms, and runs them. */
    float forward(int first, int last) {
        float loss = 0;
        for (int i = first; i <= last; i++) {
            NetLayer layer = layers.get(i);
            NormalizationChain chain = chains[i];
            if (chain != null) {
                if (i == chain.first() && chain.last() <= last && !isWatched() && chain.forward()) {
                    i = chain.last();
                    continue;
                }
                chain.separate();
            }
            for (NetCallback callback : callbacks) {
                callback.beforeForward(net, i);
            }
            reshape(layer);
            LayerCalls.forward(layer);
            loss += layer.loss();
            if (debugInfo) {
                debug.forward(layer);
            }
            for (NetCallback callback : callbacks) {
                callback.afterForward(net, i);
            }
        }
        return loss;
    }

    /** Runs all layers backward that need it. */
    void backward() {
        backward(layers.size() - 1, 0);
        if (debugInfo) {
            debug.norms();
        }
    }

    /** Runs the layers {@code first} down to {@code last} backward, those that need it. */
    void backward(int first, int last) {
        for (int i = first; i >= last; i--) {
            NetLayer layer = layers.get(i);
            NormalizationChain chain = chains[i];
            if (chain != null) {
                if (i == chain.last() && chain.first() >= last && !isWatched() && chain.backward()) {
                    i = chain.first();
                    continue;
                }
                chain.separate();
            }
            for (NetCallback callback : callbacks) {
                callback.beforeBackward(net, i);
            }
            if (layer.needsBackward) {
                LayerCalls.backward(layer);
                if (debugInfo) {
                    debug.backward(layer);
                }
            }
            for (NetCallback callback : callbacks) {
                callback.afterBackward(net, i);
            }
        }
    }

    /** Runs one layer backward, whether it needs it or not. */
    void backwardLayer(int layer) {
        if (chains[layer] != null) {
            chains[layer].separate();
        }
        LayerCalls.backward(layers.get(layer));
    }

    /** Whether somebody looks at what single layers do. */
    private boolean isWatched() {
        return debugInfo || !callbacks.isEmpty();
    }

    /** Gives all layers the shapes that follow from their bottoms. */
    void reshape() {
        layers.forEach(NetPasses::reshape);
    }

    static void reshape(NetLayer layer) {
        LayerCalls.reshape(layer);
        layer.fillLossWeights();
    }
}
