package org.caffe4j.optimize;

import java.util.HashMap;
import java.util.Map;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.NativeErrors;
import org.caffe4j.NativeResource;
import org.caffe4j.natives.FrozenWeightsHandle;
import org.caffe4j.natives.Native;

/**
 * The weights of a graph's nodes, taken out of the layers: folded, held once in native memory, packed by the plans that use them. Handles of
 * one set are shared between replicas of a net.
 */
final class FrozenWeights implements PlanWeights {
    /** Numbers of a node's weight and bias, or slope, or scale and shift; -1 for none. */
    record Ids(int weight, int bias, int[] slopes) {
    }

    private final NativeResource<FrozenWeightsHandle> handle;
    private final Map<String, Ids> ids;

    private FrozenWeights(FrozenWeightsHandle handle, Map<String, Ids> ids) {
        this.handle = new NativeResource<>(this, "FrozenWeights", handle, Native::frozen_weights_destroy);
        this.ids = ids;
    }

    /** Freezes the weights of a graph; the layers' own are given up one after another, so that little exists twice. */
    static FrozenWeights of(Graph graph, Context context) {
        FrozenWeights weights = new FrozenWeights(Native.frozen_weights_create(), new HashMap<>());
        try {
            for (Node node : graph.nodes) {
                if (node.isPlanned()) {
                    weights.ids.put(node.name, weights.freeze(node, context));
                }
            }
        } catch (RuntimeException | Error e) {
            weights.close();
            throw e;
        }
        return weights;
    }

    @Override
    public FrozenWeights share(Context context) {
        return new FrozenWeights(Native.frozen_weights_share(handle.get()), ids);
    }

    FrozenWeightsHandle handle() {
        return handle.get();
    }

    Ids of(Node node) {
        Ids found = ids.get(node.name);
        if (found == null) {
            throw new IllegalArgumentException("the net that shares its weights has no layer '" + node.name + "'");
        }
        return found;
    }

    @Override
    public long bytes() {
        return Native.frozen_weights_bytes(handle.get());
    }

    private Ids freeze(Node node, Context context) {
        int[] slopes = node.posts.stream().filter(Node.Post.Slope.class::isInstance)
                .mapToInt(post -> add(((Node.Post.Slope) post).prelu().slope())).toArray();
        if (node.operation instanceof Operation.Convolution c) {
            return learned(node, c.weight(), c.bias(), c.outputs(), slopes, context);
        } else if (node.operation instanceof Operation.InnerProduct p) {
            return learned(node, p.weight(), p.bias(), p.outputs(), slopes, context);
        } else if (node.operation instanceof Operation.PRelu prelu) {
            return new Ids(add(prelu.slope()), -1, slopes);
        } else if (node.operation instanceof Operation.Broadcast b) {
            return new Ids(b.operand() == null ? -1 : add(b.operand()), b.shift() == null ? -1 : add(b.shift()), slopes);
        } else if (node.operation instanceof Operation.Affine affine) {
            return new Ids(add(affine.scale().get(), context), add(affine.shift().get(), context), slopes);
        }
        return new Ids(-1, -1, slopes);
    }

    private Ids learned(Node node, Blob weight, Blob bias, long outputs, int[] slopes, Context context) {
        if (node.folded.isEmpty()) {
            return new Ids(add(weight), bias == null ? -1 : add(bias), slopes);
        }
        try (FoldedWeight folded = FoldedWeight.of(node, weight, bias, outputs, context)) {
            weight.data().release();
            return new Ids(add(folded.weight()), add(folded.bias()), slopes);
        }
    }

    private int add(float[] values, Context context) {
        try (Blob blob = new Blob(context, values.length)) {
            blob.data().set(values);
            return add(blob);
        }
    }

    /** Takes the blob's values; they are gone from the blob. */
    private int add(Blob blob) {
        int id = NativeErrors.call(() -> Native.frozen_weights_add(handle.get(), blob.data().handle()));
        blob.data().release();
        return id;
    }

    @Override
    public void close() {
        handle.close();
    }
}
