package org.caffe4j.optimize;

import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.caffe4j.Blob;
import org.caffe4j.Context;

/** Neighbouring nodes that run as one native call; compiled for each set of input shapes that comes, the last few being kept. */
final class Segment implements AutoCloseable {
    private static final int KEPT = 4;

    private final List<Node> nodes;
    private final List<Value> inputs;
    private final List<Value> outputs;
    private final int[] layers;
    private final FrozenWeights weights;
    private final Precision precision;
    private final boolean winograd;
    private final Context context;
    private final Map<List<List<Long>>, CompiledSegment> compiled = new LinkedHashMap<>(KEPT, 1, true);
    private final long[][] shapes;
    private CompiledSegment current;

    Segment(List<Node> nodes, List<Value> inputs, List<Value> outputs, FrozenWeights weights, Precision precision, boolean winograd,
            Context context) {
        this.nodes = nodes;
        this.inputs = inputs;
        this.outputs = outputs;
        this.weights = weights;
        this.precision = precision;
        this.winograd = winograd;
        this.context = context;
        shapes = new long[inputs.size()][];
        layers = nodes.stream().flatMap(node -> node.layers.stream()).mapToInt(Integer::intValue).sorted().toArray();
    }

    /** The plan for the shapes that the inputs have now. */
    CompiledSegment prepare(InferencePlan.Layers net) {
        boolean same = true;
        for (int i = 0; i < shapes.length; i++) {
            long[] now = inputs.get(i).blob.shape();
            same &= Arrays.equals(now, shapes[i]);
            shapes[i] = now;
        }
        if (same && current != null) {
            return current;
        }
        current = null;
        for (int layer : layers) {
            net.reshape(layer);
        }
        CompiledSegment found = compiled();
        for (Value output : outputs) {
            Iterator<Blob> homes = output.homes.iterator();
            Blob home = homes.next();
            homes.forEachRemaining(other -> other.shareData(home));
        }
        current = found;
        return found;
    }

    private CompiledSegment compiled() {
        List<List<Long>> key = Arrays.stream(shapes).map(shape -> LongStream.of(shape).boxed().toList()).toList();
        CompiledSegment found = compiled.get(key);
        if (found == null) {
            found = new CompiledSegment(nodes, inputs, outputs, weights, precision, winograd, context);
            compiled.put(key, found);
            if (compiled.size() > KEPT) {
                Iterator<CompiledSegment> oldest = compiled.values().iterator();
                oldest.next().close();
                oldest.remove();
            }
        }
        return found;
    }

    List<PlanStep> steps() {
        return current == null ? List.of() : current.steps();
    }

    int reorders() {
        return current == null ? 0 : current.reorders();
    }

    long arenaBytes() {
        return compiled.values().stream().mapToLong(CompiledSegment::arenaBytes).sum();
    }

    @Override
    public void close() {
        compiled.values().forEach(CompiledSegment::close);
        compiled.clear();
        current = null;
    }
}
