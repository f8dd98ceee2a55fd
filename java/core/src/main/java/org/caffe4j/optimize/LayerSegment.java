package org.caffe4j.optimize;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.NativeErrors;
import org.caffe4j.Timer;
import org.caffe4j.natives.Native;
import org.caffe4j.natives.TensorHandle;

/** Neighbouring nodes of a graph that run as layers, over the blobs that hold their values: the form of a plan on a GPU. */
final class LayerSegment implements ReadySegment {
    private final List<Node> nodes;
    private final LayerWeights weights;
    private final InferencePlan.Layers layers;
    private final Context context;
    private final List<PlanStep> steps;

    /** Blobs have the shapes to be ready for. */
    LayerSegment(List<Node> nodes, LayerWeights weights, InferencePlan.Layers layers, Context context) {
        this.nodes = nodes;
        this.weights = weights;
        this.layers = layers;
        this.context = context;
        steps = nodes.stream().map(node -> new PlanStep(node.name, "layer")).toList();
    }

    /** Lets element-wise nodes run in place: a value that only such a node reads is held by the blob that the node writes. */
    static void place(List<Node> nodes, Graph graph) {
        for (int i = nodes.size() - 1; i >= 0; i--) {
            Node node = nodes.get(i);
            Value input = node.inputs.get(0);
            boolean elementwise = node.operation instanceof Operation.Activation || node.operation instanceof Operation.PRelu
                    || node.operation instanceof Operation.Affine;
            if (elementwise && nodes.contains(input.maker) && !(input.maker.operation instanceof Operation.View) && graph.isOnlyFor(input, node)) {
                input.blob = node.output().blob;
            }
        }
    }

    /** Layers that are gone, such as Split, may have let blobs share values that are different ones now. */
    @Override
    public void enter() {
        Set<Blob> taken = new HashSet<>();
        for (Node node : nodes) {
            node.inputs.forEach(input -> taken.add(input.blob));
            Blob output = node.output().blob;
            if (taken.add(output)) {
                output.data().release();
            }
        }
    }

    private void run(Node node) {
        Blob output = node.output().blob;
        LayerWeights.Channels channels = weights.of(node);
        if (node.operation instanceof Operation.Affine) {
            run(node.inputs.get(0).blob, channels, output);
            return;
        }
        if (node.operation instanceof Operation.Part part) {
            TensorHandle x = node.inputs.get(0).blob.data().handle();
            NativeErrors.run(() -> Native.crop_forward(x, part.offset().get(), output.data().handle()));
            return;
        }
        layers.forward(node.layer, node.inputs.stream().map(input -> input.blob).toList(), List.of(output));
        if (channels != null) {
            run(output, channels, output);
        }
    }

    private static void run(Blob from, LayerWeights.Channels channels, Blob to) {
        TensorHandle x = from.data().handle();
        TensorHandle shift = channels.shift().data().handle();
        TensorHandle y = to.data().handle();
        if (channels.scale() == null) {
            NativeErrors.run(() -> Native.bias_forward(x, shift, y, from.count(2)));
        } else {
            NativeErrors.run(() -> Native.scale_forward(x, channels.scale().data().handle(), shift, y, from.count(2)));
        }
    }

    @Override
    public void forward() {
        nodes.forEach(this::run);
    }

    @Override
    public void forward(List<PlanStep> timed) {
        try (Timer timer = new Timer(context)) {
            for (int i = 0; i < nodes.size(); i++) {
                timer.start();
                run(nodes.get(i));
                timed.add(steps.get(i).timed(timer));
            }
        }
    }

    @Override
    public List<PlanStep> steps() {
        return steps;
    }

    @Override
    public int reorders() {
        return 0;
    }

    @Override
    public long arenaBytes() {
        return 0;
    }

    @Override
    public void close() {
    }
}
