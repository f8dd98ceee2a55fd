package org.caffe4j.optimize;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.NativeErrors;
import org.caffe4j.NativeResource;
import org.caffe4j.natives.Native;
import org.caffe4j.natives.PlanHandle;

/** Neighbouring nodes of a graph compiled to one native plan, for the shapes that their blobs have now. */
final class CompiledSegment implements ReadySegment {
    private final NativeResource<PlanHandle> plan;
    private final FrozenWeights weights;
    private final Map<Value, Integer> values = new HashMap<>();
    private final List<PlanStep> steps = new ArrayList<>();

    /**
     * @param ranges of the plan's values by number, for plans of integers; else null
     * @param others the same nodes compiled for other shapes, which are outdated where they have weights packed otherwise
     */
    CompiledSegment(List<Node> nodes, List<Value> inputs, List<Value> outputs, FrozenWeights weights, Precision precision, float[] ranges,
            boolean winograd, Collection<ReadySegment> others, Context context) {
        this.weights = weights;
        plan = new NativeResource<>(this, "Plan", Native.plan_create(context.handle(), weights.handle(), precision.code), Native::plan_destroy);
        try {
            NativeErrors.run(() -> {
                Native.plan_set_winograd(handle(), winograd ? Native.PLAN_WINOGRAD_AUTO : Native.PLAN_WINOGRAD_NEVER);
                for (ReadySegment other : others) {
                    Native.plan_take_from(handle(), ((CompiledSegment) other).handle());
                }
                build(nodes, inputs, outputs, ranges);
            });
        } catch (RuntimeException | Error e) {
            plan.close();
            throw e;
        }
    }

    private void build(List<Node> nodes, List<Value> inputs, List<Value> outputs, float[] ranges) {
        for (Value input : inputs) {
            values.put(input, Native.plan_input(handle(), input.blob.data().handle()));
        }
        for (Node node : nodes) {
            values.put(node.output(), add(node));
            fuse(node);
        }
        for (Value output : outputs) {
            Native.plan_output(handle(), values.get(output), output.homes.iterator().next().data().handle());
        }
        for (int i = 0; ranges != null && i < ranges.length; i++) {
            Native.plan_set_range(handle(), i, ranges[i]);
        }
        Native.plan_compile(handle());
        for (int i = 0; i < Native.plan_steps(handle()); i++) {
            steps.add(new PlanStep(nodes.get(Native.plan_step_operation(handle(), i)).name, Native.plan_step_kernel(handle(), i).getString(),
                    Precision.of(Native.plan_step_precision(handle(), i))));
        }
    }

    private int add(Node node) {
        Blob input = node.inputs.get(0).blob;
        int x = values.get(node.inputs.get(0));
        FrozenWeights.Ids ids = weights.of(node);
        if (node.operation instanceof Operation.Convolution c) {
            return c.transposed()
                    ? Native.plan_deconvolution(handle(), node.name, x, ids.weight(), ids.bias(), c.outputs(), c.group(), c.kernel(), c.stride(),
                            c.pad(), c.dilation(), c.kernel().length)
                    : Native.plan_convolution(handle(), node.name, x, ids.weight(), ids.bias(), c.outputs(), c.group(), c.kernel(), c.stride(),
                            c.pad(), c.dilation(), c.kernel().length);
        } else if (node.operation instanceof Operation.InnerProduct p) {
            return Native.plan_inner_product(handle(), node.name, x, ids.weight(), ids.bias(), p.outputs(), p.transposed());
        } else if (node.operation instanceof Operation.Pooling p) {
            Blob output = node.output().blob;
            return Native.plan_pooling(handle(), node.name, x, p.method(), p.kernelH() == 0 ? input.shape(2) : p.kernelH(),
                    p.kernelW() == 0 ? input.shape(3) : p.kernelW(), p.strideH(), p.strideW(), p.padH(), p.padW(), output.shape(2),
                    output.shape(3));
        } else if (node.operation instanceof Operation.Lrn l) {
            return Native.plan_lrn(handle(), node.name, x, l.region(), l.size(), l.alpha(), l.beta(), l.k());
        } else if (node.operation instanceof Operation.Softmax s) {
            return Native.plan_softmax(handle(), node.name, x, input.canonicalAxis(s.axis()));
        } else if (node.operation instanceof Operation.Concat c) {
            int[] all = inputs(node);
            return Native.plan_concat(handle(), node.name, all, all.length, input.canonicalAxis(c.axis()));
        } else if (node.operation instanceof Operation.Part part) {
            return Native.plan_slice(handle(), node.name, x, part.offset().get(), node.output().blob.shape(), input.numAxes());
        } else if (node.operation instanceof Operation.Eltwise e) {
            int[] all = inputs(node);
            return Native.plan_eltwise(handle(), node.name, e.combination(), all, all.length, e.coeff());
        } else if (node.operation instanceof Operation.Broadcast b) {
            return add(node, b, x, ids);
        } else if (node.operation instanceof Operation.Reduction r) {
            int axis = input.canonicalAxis(r.axis());
            return Native.plan_reduction(handle(), node.name, x, r.operation(), axis, r.mean() ? r.coeff() / input.count(axis) : r.coeff());
        } else if (node.operation instanceof Operation.Tile t) {
            return Native.plan_tile(handle(), node.name, x, input.canonicalAxis(t.axis()), t.tiles());
        } else if (node.operation instanceof Operation.ArgMax a) {
            long[] shape = node.output().blob.shape();
            int axis = a.axis().isPresent() ? input.canonicalAxis(a.axis().getAsInt()) : -1;
            return Native.plan_argmax(handle(), node.name, x, axis, a.topK(), a.indices(), a.values(), shape, shape.length);
        } else if (node.operation instanceof Operation.Mvn m) {
            return Native.plan_mvn(handle(), node.name, x, m.acrossChannels(), m.normalizeVariance(), m.eps());
        } else if (node.operation instanceof Operation.Activation a) {
            return Native.plan_activation(handle(), node.name, x, a.function(), a.a(), a.b(), a.c());
        } else if (node.operation instanceof Operation.PRelu) {
            return Native.plan_prelu(handle(), node.name, x, ids.weight());
        } else if (node.operation instanceof Operation.Affine) {
            return Native.plan_affine(handle(), node.name, x, ids.weight(), ids.bias());
        } else if (node.operation instanceof Operation.View) {
            long[] shape = node.output().blob.shape();
            return Native.plan_view(handle(), node.name, x, shape, shape.length);
        }
        throw new IllegalStateException("layer '" + node.name + "': a plan has no operation " + node.operation);
    }

    private int add(Node node, Operation.Broadcast b, int x, FrozenWeights.Ids ids) {
        Blob input = node.inputs.get(0).blob;
        Blob operand = b.operand() == null ? node.inputs.get(1).blob : b.operand();
        int axis = operand.numAxes() == 0 ? 0 : input.canonicalAxis(b.axis());
        if (b.operand() == null) {
            return Native.plan_broadcast(handle(), node.name, b.combination(), x, values.get(node.inputs.get(1)), axis, ids.bias());
        }
        long[] shape = operand.shape();
        return Native.plan_broadcast_weight(handle(), node.name, b.combination(), x, ids.weight(), shape, shape.length, axis, ids.bias());
    }

    private int[] inputs(Node node) {
        return node.inputs.stream().mapToInt(values::get).toArray();
    }

    private void fuse(Node node) {
        Iterator<Integer> slopes = Arrays.stream(weights.of(node).slopes()).iterator();
        for (Node.Post post : node.posts) {
            if (post instanceof Node.Post.Activate activate) {
                Operation.Activation f = activate.function();
                Native.plan_fuse_activation(handle(), f.function(), f.a(), f.b(), f.c());
            } else if (post instanceof Node.Post.Slope) {
                Native.plan_fuse_prelu(handle(), slopes.next());
            } else if (post instanceof Node.Post.Sum sum) {
                Native.plan_fuse_sum(handle(), values.get(sum.value()), sum.factor());
            }
        }
    }

    private PlanHandle handle() {
        return plan.get();
    }

    @Override
    public boolean isOutdated() {
        return Native.plan_is_outdated(handle());
    }

    @Override
    public void forward() {
        NativeErrors.run(() -> Native.plan_forward(handle(), (long[]) null));
    }

    @Override
    public void forward(List<PlanStep> timed) {
        long[] nanos = new long[steps.size()];
        NativeErrors.run(() -> Native.plan_forward(handle(), nanos));
        for (int i = 0; i < nanos.length; i++) {
            timed.add(steps.get(i).timed(nanos[i]));
        }
    }

    /** Runs forward and watches which values there are. */
    void observe() {
        NativeErrors.run(() -> Native.plan_observe(handle()));
    }

    /** The ranges of the plan's values by number, from all that was observed. */
    float[] ranges() {
        float[] ranges = new float[values.size()];
        for (int i = 0; i < ranges.length; i++) {
            ranges[i] = Native.plan_range(handle(), i);
        }
        return ranges;
    }

    @Override
    public List<PlanStep> steps() {
        return steps;
    }

    @Override
    public int reorders() {
        return Native.plan_reorders(handle());
    }

    @Override
    public long arenaBytes() {
        return Native.plan_arena_bytes(handle());
    }

    @Override
    public void close() {
        plan.close();
    }
}
