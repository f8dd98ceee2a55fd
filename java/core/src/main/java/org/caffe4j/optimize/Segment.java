package org.caffe4j.optimize;

import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.LongStream;
import org.caffe4j.Blob;

/** Neighbouring nodes that run together; made ready for each set of input shapes that comes, the last few being kept. */
final class Segment implements AutoCloseable {
    private static final int KEPT = 4;

    private final List<Value> inputs;
    private final List<Value> outputs;
    private final int[] layers;
    private final Function<float[], ReadySegment> maker;
    private final Map<List<List<Long>>, ReadySegment> ready = new LinkedHashMap<>(KEPT, 1, true);
    private final long[][] shapes;
    private ReadySegment current;
    /** While samples run: the ranges that the plan of each shape saw. */
    private final Map<CompiledSegment, float[]> observed = new IdentityHashMap<>();
    /** Of the plan's values by number, once there are integers. */
    private float[] ranges;

    /**
     * @param outputs values that are read outside
     * @param maker makes it ready for the shapes that its blobs have then; its argument is null, or the ranges that {@link #quantize} found
     */
    Segment(List<Node> nodes, List<Value> inputs, List<Value> outputs, Function<float[], ReadySegment> maker) {
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
        if (same && current != null) {
            return current;
        }
        current = null;
        for (int layer : layers) {
            net.reshape(layer);
        }
        ReadySegment found = ready();
        found.enter();
        for (Value output : outputs) {
            Iterator<Blob> homes = output.homes.iterator();
            Blob home = homes.next();
            homes.forEachRemaining(other -> other.shareData(home));
        }
        current = found;
        return found;
    }

    private ReadySegment ready() {
        List<List<Long>> key = Arrays.stream(shapes).map(shape -> LongStream.of(shape).boxed().toList()).toList();
        ReadySegment found = ready.get(key);
        if (found == null) {
            found = maker.apply(ranges);
            ready.put(key, found);
            if (ready.size() > KEPT) {
                Iterator<ReadySegment> oldest = ready.values().iterator();
                oldest.next().close();
                oldest.remove();
            }
        }
        return found;
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
        return current == null ? List.of() : current.steps();
    }

    int reorders() {
        return current == null ? 0 : current.reorders();
    }

    long arenaBytes() {
        return ready.values().stream().mapToLong(ReadySegment::arenaBytes).sum();
    }

    @Override
    public void close() {
        ready.values().forEach(ReadySegment::close);
        ready.clear();
        current = null;
    }
}
