package org.caffe4j.optimize;

import java.util.Arrays;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.caffe4j.Blob;

/** Neighbouring nodes that run together; made ready for each set of input shapes that comes, the last few being kept. */
final class Segment implements AutoCloseable {
    private static final int KEPT = 4;

    /** @param remade whether it was made again because its weights were packed otherwise: that is done once, lest two shapes take turns */
    private record Kept(ReadySegment segment, boolean remade) {
        boolean isOutdated() {
            return !remade && segment.isOutdated();
        }
    }

    /** Makes a segment ready for the shapes that its blobs have then. */
    interface Maker {
        /**
         * @param ranges null, or those that {@link #quantize} found
         * @param others the same for other shapes; they may be outdated thereafter, and then cannot run
         */
        ReadySegment make(float[] ranges, Collection<ReadySegment> others);
    }

    private final List<Value> inputs;
    private final List<Value> outputs;
    private final int[] layers;
    private final Maker maker;
    private final Map<List<List<Long>>, Kept> ready = new LinkedHashMap<>(KEPT, 1, true);
    private final long[][] shapes;
    private Kept current;
    /** While samples run: the ranges that the plan of each shape saw. */
    private final Map<CompiledSegment, float[]> observed = new IdentityHashMap<>();
    /** Of the plan's values by number, once there are integers. */
    private float[] ranges;

    /** @param outputs values that are read outside */
    Segment(List<Node> nodes, List<Value> inputs, List<Value> outputs, Maker maker) {
        this.inputs = inputs;
        this.outputs = outputs;
        this.maker = maker;
        shapes = new long[inputs.size()][];
        layers = nodes.stream().flatMap(node -> node.layers.stream()).mapToInt(Integer::intValue).distinct().sorted().toArray();
    }

    /** Ready for the shapes that the inputs have now. */
    ReadySegment prepare(InferencePlan.Layers net) {
        boolean same = true;
        for (int i = 0; i < shapes.length; i++) {
            long[] now = inputs.get(i).blob.shape();
            same &= Arrays.equals(now, shapes[i]);
            shapes[i] = now;
        }
        if (same && current != null && !current.isOutdated()) {
            return current.segment;
        }
        current = null;
        for (int layer : layers) {
            net.reshape(layer);
        }
        Kept found = ready();
        found.segment.enter();
        for (Value output : outputs) {
            Iterator<Blob> homes = output.homes.iterator();
            Blob home = homes.next();
            homes.forEachRemaining(other -> other.shareData(home));
        }
        current = found;
        return found.segment;
    }

    private Kept ready() {
        List<List<Long>> key = Arrays.stream(shapes).map(shape -> LongStream.of(shape).boxed().toList()).toList();
        Kept found = ready.get(key);
        boolean outdated = found != null && found.isOutdated();
        if (outdated) {
            drop(found);
        }
        if (found == null || outdated) {
            found = new Kept(outdated ? maker.make(ranges, List.of()) : makeFirst(), outdated);
            ready.put(key, found);
            if (ready.size() > KEPT) {
                drop(ready.values().iterator().next());
            }
        }
        return found;
    }

    /** Made for these shapes for the first time: in memory, its weights take the place of those of other shapes. */
    private ReadySegment makeFirst() {
        List<Kept> others = List.copyOf(ready.values());
        try {
            return maker.make(ranges, others.stream().map(Kept::segment).toList());
        } finally {
            others.stream().filter(other -> other.segment.isOutdated()).forEach(this::drop);
        }
    }

    private void drop(Kept kept) {
        ready.values().remove(kept);
        kept.segment.close();
    }

    /** Runs forward and watches the values; samples of several shapes are watched apart, and the largest ranges count. */
    void observe(InferencePlan.Layers net) {
        CompiledSegment plan = (CompiledSegment) prepare(net);
        plan.observe();
        observed.put(plan, plan.ranges());
    }

    /** Computes with integers from now on, in the ranges that were observed. */
    void quantize() {
        float[] largest = null;
        for (float[] some : observed.values()) {
            largest = largest == null ? new float[some.length] : largest;
            for (int i = 0; i < largest.length; i++) {
                largest[i] = Math.max(largest[i], some[i]);
            }
        }
        observed.clear();
        quantize(largest);
    }

    /** Computes with integers from now on, in the ranges of a segment of the same nodes. */
    void quantize(Segment calibrated) {
        quantize(calibrated.ranges);
    }

    private void quantize(float[] found) {
        close();
        ranges = found;
    }

    List<PlanStep> steps() {
        return current == null ? List.of() : current.segment.steps();
    }

    int reorders() {
        return current == null ? 0 : current.segment.reorders();
    }

    long arenaBytes() {
        return ready.values().stream().mapToLong(kept -> kept.segment.arenaBytes()).sum();
    }

    @Override
    public void close() {
        ready.values().forEach(kept -> kept.segment.close());
        ready.clear();
        current = null;
    }
}
