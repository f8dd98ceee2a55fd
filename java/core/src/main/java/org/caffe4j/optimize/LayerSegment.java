package org.caffe4j.optimize;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.NativeErrors;
import org.caffe4j.Timer;
import org.caffe4j.natives.EpilogueHandle;
import org.caffe4j.natives.Native;

/** Neighbouring nodes of a graph that run as layers, with what is fused behind them in one more pass at most: the form of a plan on a GPU. */
final class LayerSegment implements ReadySegment {
    private record Step(PlanStep report, Runnable run) {
    }

    private final List<Node> nodes;
    private final LayerWeights weights;
    private final InferencePlan.Layers layers;
    private final Context context;
    private final ValuePlaces places;
    private final List<Epilogue> epilogues = new ArrayList<>();
    private final List<Step> steps = new ArrayList<>();

    /** Blobs have the shapes to be ready for. */
    LayerSegment(List<Node> nodes, LayerWeights weights, InferencePlan.Layers layers, Context context) {
        this.nodes = nodes;
        this.weights = weights;
        this.layers = layers;
        this.context = context;
        places = new ValuePlaces(nodes, context);
        try {
            nodes.stream().filter(node -> !places.isFree(node)).forEach(this::add);
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    /** Layers that are gone, such as Split, may have let blobs share values that are different ones now. */
    @Override
    public void enter() {
        Set<Blob> taken = new HashSet<>();
        for (Node node : nodes) {
            node.consumed().forEach(input -> taken.add(places.of(input)));
            Blob output = places.of(node.output());
            if (node.output().isReadable() && taken.add(output)) {
                output.data().release();
            }
        }
    }

    private void add(Node node) {
        Blob x = places.of(node.inputs.get(0));
        Blob y = places.of(node.output());
        if (node.operation instanceof Operation.Convolution convolution) {
            addProduct(node, convolution.bias());
        } else if (node.operation instanceof Operation.InnerProduct product) {
            addProduct(node, product.bias());
        } else if (node.operation instanceof Operation.Affine) {
            LayerWeights.Channels channels = weights.of(node);
            addPass(node, x, channels.scale(), channels.shift(), epilogue(node));
        } else if (node.operation instanceof Operation.View) {
            add(node, "copy", () -> y.data().copyFrom(x.data()));
        } else if (node.operation instanceof Operation.Part part) {
            add(node, "crop", () -> Native.crop_forward(x.data().handle(), part.offset().get(), y.data().handle()));
        } else if (node.operation instanceof Operation.Eltwise sum && isPlainSum(sum, node.inputs.size())) {
            Epilogue epilogue = made();
            epilogue.add(places.of(node.inputs.get(1)), sum.coeff() == null ? 1 : sum.coeff()[1]);
            addPass(node, x, null, null, fuse(epilogue, node));
        } else {
            List<Blob> inputs = node.inputs.stream().map(places::of).toList();
            add(node, "layer", () -> layers.forward(node.layer, inputs, List.of(y)));
            if (!node.posts.isEmpty()) {
                addPass(node, y, null, null, epilogue(node));
            }
        }
    }

    /** Whether it is x + c·z. */
    private static boolean isPlainSum(Operation.Eltwise eltwise, int inputs) {
        return eltwise.combination() == Native.PLAN_SUM && inputs == 2 && (eltwise.coeff() == null || eltwise.coeff()[0] == 1);
    }

    /** A product with weights; what is folded into those of a layer without a bias has made it one. */
    private void addProduct(Node node, Blob ownBias) {
        Blob x = places.of(node.inputs.get(0));
        Blob y = places.of(node.output());
        LayerWeights.Channels channels = weights.of(node);
        Blob bias = channels == null ? ownBias : channels.shift();
        EpilogueHandle epilogue = node.posts.isEmpty() ? null : epilogue(node).handle();
        add(node, epilogue == null ? "layer" : "layer, fused", () -> layers.forward(node.layer, x, bias, y, epilogue));
    }

    private void addPass(Node node, Blob x, Blob scale, Blob shift, Epilogue epilogue) {
        Blob y = places.of(node.output());
        add(node, "epilogue", () -> Native.epilogue_forward(epilogue.handle(), x.data().handle(), scale == null ? null : scale.data().handle(),
                shift == null ? null : shift.data().handle(), y.data().handle()));
    }

    private void add(Node node, String kernel, Runnable run) {
        steps.add(new Step(new PlanStep(node.name, kernel), run));
    }

    private Epilogue made() {
        epilogues.add(new Epilogue());
        return epilogues.get(epilogues.size() - 1);
    }

    private Epilogue epilogue(Node node) {
        return fuse(made(), node);
    }

    private Epilogue fuse(Epilogue epilogue, Node node) {
        epilogue.add(node.posts, weights.slopesOf(node), places::of);
        return epilogue;
    }

    @Override
    public void forward() {
        NativeErrors.run(() -> steps.forEach(step -> step.run().run()));
    }

    @Override
    public void forward(List<PlanStep> timed) {
        try (Timer timer = new Timer(context)) {
            for (Step step : steps) {
                timer.start();
                NativeErrors.run(step.run()::run);
                timed.add(step.report().timed(timer));
            }
        }
    }

    @Override
    public List<PlanStep> steps() {
        return steps.stream().map(Step::report).toList();
    }

    @Override
    public int reorders() {
        return 0;
    }

    @Override
    public long arenaBytes() {
        return places.bytes();
    }

    @Override
    public void close() {
        epilogues.forEach(Epilogue::close);
        places.close();
    }
}
