package org.caffe4j.optimize;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.caffe4j.Blob;
import org.caffe4j.Context;

/**
 * The weights of a plan whose nodes run as layers: what is folded into a layer's weights is in the layer's own blobs; here are the biases for
 * which a layer has no blob, the scales and shifts of nodes that stand for BatchNorm, Scale and Bias, and the slopes of what was fused.
 * Replicas share them.
 */
final class LayerWeights implements PlanWeights {
    /** Numbers of each channel; {@code scale} is null for 1. */
    record Channels(Blob scale, Blob shift) {
        private Channels share(Context context) {
            return new Channels(scale == null ? null : shared(scale, context), shared(shift, context));
        }

        private void close() {
            if (scale != null) {
                scale.close();
            }
            shift.close();
        }
    }

    private final Map<String, Channels> channels = new HashMap<>();
    private final Map<String, List<Blob>> slopes = new HashMap<>();
    private long bytes;

    private LayerWeights() {
    }

    /** Folds what a graph's passes found into the weights of the layers that stay; whoever shared these keeps the values as they were. */
    static LayerWeights of(Graph graph, Context context) {
        LayerWeights weights = new LayerWeights();
        try {
            graph.nodes.stream().filter(Node::isPlanned).forEach(node -> weights.fold(node, context));
        } catch (RuntimeException | Error e) {
            weights.close();
            throw e;
        }
        return weights;
    }

    private static Blob shared(Blob blob, Context context) {
        Blob other = new Blob(context, blob.shape());
        other.shareData(blob);
        return other;
    }

    private void fold(Node node, Context context) {
        for (Node.Post post : node.posts) {
            if (post instanceof Node.Post.Slope slope) {
                slopes.computeIfAbsent(node.name, name -> new ArrayList<>()).add(shared(slope.prelu().slope(), context));
                count(slope.prelu().slope());
            }
        }
        if (node.operation instanceof Operation.Convolution c) {
            fold(node, c.weight(), c.bias(), c.outputs(), context);
        } else if (node.operation instanceof Operation.InnerProduct p) {
            fold(node, p.weight(), p.bias(), p.outputs(), context);
        } else if (node.operation instanceof Operation.Affine affine) {
            keep(node, blob(affine.scale().get(), context), blob(affine.shift().get(), context));
        } else if (node.operation instanceof Operation.PRelu prelu) {
            count(prelu.slope());
        }
    }

    private void fold(Node node, Blob weight, Blob bias, long outputs, Context context) {
        count(weight);
        if (bias != null) {
            count(bias);
        }
        if (node.folded.isEmpty()) {
            return;
        }
        try (FoldedWeight folded = FoldedWeight.of(node, weight, bias, outputs, context)) {
            weight.shareData(folded.weight());
            if (bias != null) {
                bias.shareData(folded.bias());
            } else {
                keep(node, null, blob(folded.bias().data().toArray(), context));
            }
        }
    }

    private static Blob blob(float[] values, Context context) {
        Blob blob = new Blob(context, values.length);
        blob.data().set(values);
        return blob;
    }

    private void keep(Node node, Blob scale, Blob shift) {
        channels.put(node.name, new Channels(scale, shift));
        count(shift);
        if (scale != null) {
            count(scale);
        }
    }

    private void count(Blob blob) {
        bytes += blob.count() * Float.BYTES;
    }

    /** What is done to a node's channels beside what its layer does; null for nothing. */
    Channels of(Node node) {
        return channels.get(node.name);
    }

    /** The slopes of a node's fused PReLUs, in their order. */
    List<Blob> slopesOf(Node node) {
        return slopes.getOrDefault(node.name, List.of());
    }

    @Override
    public LayerWeights share(Context context) {
        LayerWeights other = new LayerWeights();
        channels.forEach((node, values) -> other.channels.put(node, values.share(context)));
        slopes.forEach((node, blobs) -> other.slopes.put(node, blobs.stream().map(blob -> shared(blob, context)).toList()));
        other.bytes = bytes;
        return other;
    }

    @Override
    public long bytes() {
        return bytes;
    }

    @Override
    public void close() {
        channels.values().forEach(Channels::close);
        slopes.values().forEach(blobs -> blobs.forEach(Blob::close));
    }
}
