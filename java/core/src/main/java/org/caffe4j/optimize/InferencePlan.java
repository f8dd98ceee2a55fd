package org.caffe4j.optimize;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.Device;
import org.caffe4j.Net;
import org.caffe4j.Timer;
import org.caffe4j.layer.FusingLayer;
import org.caffe4j.natives.EpilogueHandle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How an optimised net runs: pieces of the net compiled to native plans, and between them the layers that run themselves. Belongs to its
 * net, which calls it under its guard; what users see of it are reports.
 */
public final class InferencePlan implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(InferencePlan.class);

    /** How the net runs one of its layers. */
    public interface Layers {
        void reshape(int layer);

        /** Runs the layer and returns what it adds to the loss. */
        float forward(int layer);

        /** Runs the layer over other blobs than the net gave it. */
        void forward(int layer, List<Blob> bottoms, List<Blob> tops);

        /** The same for a {@link FusingLayer}. */
        void forward(int layer, Blob bottom, Blob bias, Blob top, EpilogueHandle epilogue);
    }

    private static final List<Pass> PASSES = List.of(new DropIdentities(), new FoldAffine(), new FuseActivations(), new FuseSums());

    /** A segment, or where that is null a node that runs itself. */
    private record Unit(Segment segment, Node node, int[] follow) {
    }

    private final Context context;
    private final Layers layers;
    private Precision precision;
    private final boolean winograd;
    /** Whether segments are made for integers, of which there are none before they are calibrated. */
    private final boolean calibrated;
    private final PlanWeights weights;
    private final List<Unit> units = new ArrayList<>();
    private final Set<Blob> readable = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Set<Integer> planned = new HashSet<>();

    /**
     * Rewrites a net's graph and takes the weights of the layers that the plan computes.
     *
     * @param layers how the net runs a layer
     * @param readableBlobs blobs that must stay readable
     * @param wanted the precision, if the processor has instructions for it; {@link Precision#INT8} only begins with {@link #calibrate}, unless
     *     it is shared
     * @param winograd see {@link OptimizeOptions#winograd(boolean)}
     * @param shared a plan of a net of the same definition, whose weights to share, or null
     * @throws IllegalArgumentException if {@code shared} has another precision
     */
    public InferencePlan(Net net, Layers layers, List<Blob> readableBlobs, Precision wanted, boolean winograd,
            InferencePlan shared) {
        this.layers = layers;
        context = net.context();
        boolean asLayers = context.device().kind() != Device.Kind.CPU;
        Precision available = available(wanted, net, asLayers);
        this.winograd = winograd && available != Precision.INT8;  // its weights are of another shape, which cannot be rounded
        calibrated = available == Precision.INT8;
        precision = calibrated ? Precision.F32 : available;
        if (shared != null && asLayers != shared.weights instanceof LayerWeights) {
            throw new IllegalArgumentException("net '" + net.name() + "' on " + context.device() + " cannot share the weights of an optimised net"
                    + " on another device: optimise one on each");
        }
        if (shared != null && shared.precision != available) {
            throw new IllegalArgumentException("net '" + net.name() + "' cannot share weights of precision " + shared.precision
                    + " at precision " + available + ": ask for the same");
        }
        Graph graph = Graph.of(net, readableBlobs);
        PASSES.forEach(pass -> pass.apply(graph));
        weights = shared != null ? shared.weights.share(context)
                : asLayers ? LayerWeights.of(graph, context) : FrozenWeights.of(graph, context);
        for (Node node : graph.nodes) {
            node.outputs.forEach(value -> readable.addAll(value.homes));
            if (node.isPlanned()) {
                planned.addAll(node.layers);
                if (asLayers && !(node.operation instanceof Operation.Affine)) {
                    planned.remove(node.layer);
                }
            }
        }
        divide(graph);
        if (available == Precision.INT8 && shared != null) {
            for (int i = 0; i < units.size(); i++) {
                if (units.get(i).segment != null) {
                    units.get(i).segment.quantize(shared.units.get(i).segment);
                }
            }
            precision = available;
        }
    }

    /**
     * Takes the ranges of values from samples and computes with {@link Precision#INT8} from then on, on a processor that has instructions for
     * it. If a sample fails, the plan stays as it is.
     *
     * @throws IllegalArgumentException if there are no samples
     * @throws org.caffe4j.CaffeException if a sample does not fit the net, or something is not finite
     */
    public void calibrate(Net net, Calibration samples) {
        if (!calibrated) {
            return;
        }
        new Calibrator(net, this::observe).run(samples);
        units.stream().filter(unit -> unit.segment != null).forEach(unit -> unit.segment.quantize());
        precision = Precision.INT8;
    }

    private void observe() {
        for (Unit unit : units) {
            if (unit.segment != null) {
                unit.segment.observe(layers);
            } else {
                runLayer(unit);
            }
        }
    }

    private static Precision available(Precision wanted, Net net, boolean asLayers) {
        if (wanted == Precision.F32 || !asLayers && wanted.isFast()) {
            return wanted;
        }
        LOG.warn("Net '{}' is optimised with precision {}: {}.", net.name(), Precision.F32,
                asLayers ? "nets on a GPU compute with floats" : "this processor has no instructions for " + wanted);
        return Precision.F32;
    }

    /** Cuts the graph into runs of nodes that the plan computes and single nodes that run themselves. */
    private void divide(Graph graph) {
        Map<Node, Integer> unitOf = new HashMap<>();
        int unit = -1;
        Node previous = null;
        for (Node node : graph.nodes) {
            if (previous == null || !previous.isPlanned() || !node.isPlanned()) {
                unit++;
            }
            unitOf.put(node, unit);
            previous = node;
        }
        for (Node node : graph.nodes) {
            node.consumed().forEach(value -> {
                if (value.homes.isEmpty() && !unitOf.get(value.maker).equals(unitOf.get(node))) {
                    value.homes.add(value.blob);
                    readable.add(value.blob);
                }
            });
        }
        for (Node node : graph.nodes) {
            if (node.isPlanned() && node.output().isReadable() && !node.output().homes.contains(node.output().blob)) {
                node.output().blob = node.output().homes.iterator().next();
            }
        }
        for (int from = 0; from < graph.nodes.size();) {
            Node first = graph.nodes.get(from);
            int to = from + 1;
            while (to < graph.nodes.size() && unitOf.get(graph.nodes.get(to)).equals(unitOf.get(first))) {
                to++;
            }
            List<Node> nodes = List.copyOf(graph.nodes.subList(from, to));
            if (first.isPlanned()) {
                Set<Value> inputs = new LinkedHashSet<>();
                nodes.forEach(node -> inputs.addAll(node.consumed()));
                inputs.removeIf(value -> nodes.contains(value.maker));
                List<Value> outputs = nodes.stream().map(Node::output).filter(Value::isReadable).toList();
                units.add(new Unit(segment(nodes, List.copyOf(inputs), outputs), null, null));
            } else {
                int[] follow = first.layers.stream().skip(1).mapToInt(Integer::intValue).sorted().toArray();
                if (!first.isSource() || follow.length > 0) {
                    units.add(new Unit(null, first, follow));
                }
            }
            from = to;
        }
    }

    private Segment segment(List<Node> nodes, List<Value> inputs, List<Value> outputs) {
        if (weights instanceof LayerWeights layered) {
            return new Segment(nodes, inputs, outputs, (ranges, others) -> new LayerSegment(nodes, layered, layers, context));
        }
        FrozenWeights frozen = (FrozenWeights) weights;
        return new Segment(nodes, inputs, outputs, (ranges, others) -> new CompiledSegment(nodes, inputs, outputs, frozen,
                calibrated ? Precision.INT8 : precision, ranges, winograd, others, context));
    }

    /** Runs the net and returns the loss. */
    public float forward() {
        float loss = 0;
        for (Unit unit : units) {
            if (unit.segment != null) {
                unit.segment.prepare(layers).forward();
            } else {
                loss += runLayer(unit);
            }
        }
        return loss;
    }

    /** Runs the net and returns its steps with their times. */
    public List<PlanStep> timedForward() {
        List<PlanStep> steps = new ArrayList<>();
        for (Unit unit : units) {
            if (unit.segment != null) {
                unit.segment.prepare(layers).forward(steps);
            } else {
                try (Timer timer = new Timer(context)) {
                    runLayer(unit);
                    if (!unit.node.isSource()) {
                        steps.add(new PlanStep(unit.node.name, "layer").timed(timer));
                    }
                }
            }
        }
        return steps;
    }

    private float runLayer(Unit unit) {
        float loss = 0;
        if (!unit.node.isSource()) {
            layers.reshape(unit.node.layer);
            loss = layers.forward(unit.node.layer);
        }
        for (int layer : unit.follow) {
            layers.reshape(layer);
        }
        for (Value output : unit.node.outputs) {
            output.homes.forEach(home -> {
                if (home != output.blob) {
                    home.shareData(output.blob);
                }
            });
        }
        return loss;
    }

    /** The steps of the last forward, without times; those of a plan exist once it ran. */
    public List<PlanStep> steps() {
        List<PlanStep> steps = new ArrayList<>();
        for (Unit unit : units) {
            if (unit.segment != null) {
                steps.addAll(unit.segment.steps());
            } else if (!unit.node.isSource()) {
                steps.add(new PlanStep(unit.node.name, "layer"));
            }
        }
        return steps;
    }

    /** Conversions between memory layouts in one forward, those of layers that run themselves not counted. */
    public int reorders() {
        return units.stream().filter(unit -> unit.segment != null).mapToInt(unit -> unit.segment.reorders()).sum();
    }

    /** Bytes of native memory for values between layers, over all shapes that are kept; readable blobs have their own. */
    public long activationBytes() {
        return units.stream().filter(unit -> unit.segment != null).mapToLong(unit -> unit.segment.arenaBytes()).sum();
    }

    /** Bytes of native memory for weights; shared ones are counted by every net that shares them. */
    public long weightBytes() {
        return weights.bytes();
    }

    /** The precision that the plan computes with: what was asked for, or F32 where the processor has no instructions for that. */
    public Precision precision() {
        return precision;
    }

    /** Whether a blob has its values after forward. */
    public boolean isReadable(Blob blob) {
        return readable.contains(blob);
    }

    /** Whether the plan computes a layer, and owns its weights. */
    public boolean computes(int layer) {
        return planned.contains(layer);
    }

    @Override
    public void close() {
        units.stream().filter(unit -> unit.segment != null).forEach(unit -> unit.segment.close());
        weights.close();
    }
}
