package org.caffe4j.optimize;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.NativeErrors;
import org.caffe4j.layer.TensorArray;
import org.caffe4j.natives.Native;

/**
 * Where the values of nodes that run as layers lie: readable ones in their blobs, those that exist inside only in one array on the GPU, where
 * values share memory that are needed at different times. Views, parts and concatenations that lie in one piece are made without a copy, and
 * element-wise nodes run in place.
 */
final class ValuePlaces implements AutoCloseable {
    /** Parts of values begin at multiples of so many elements, as wide loads like it. */
    private static final int ALIGNMENT = 4;

    /** The blobs of all values that the nodes make. */
    private final Map<Value, Blob> blobs = new HashMap<>();
    /** Of the values that exist inside only. */
    private final Map<Value, Integer> numbers = new HashMap<>();
    private final List<Blob> inside = new ArrayList<>();
    private final Set<Node> free = new HashSet<>();
    /** The first and the last node that uses a value; the value in whose place it lies, from which element on. */
    private final int[] first;
    private final int[] last;
    private final int[] within;
    private final long[] offset;
    private final long bytes;

    /** Blobs of the net have the shapes to be ready for. */
    ValuePlaces(List<Node> nodes, Context context) {
        for (Node node : nodes) {
            Value value = node.output();
            if (value.isReadable()) {
                blobs.put(value, value.homes.iterator().next());
            } else {
                numbers.put(value, inside.size());
                inside.add(new Blob(context, value.blob.shape()));
                blobs.put(value, inside.get(inside.size() - 1));
            }
        }
        first = new int[inside.size()];
        last = new int[inside.size()];
        within = new int[inside.size()];
        offset = new long[inside.size()];
        Arrays.fill(within, -1);
        for (int step = 0; step < nodes.size(); step++) {
            Node node = nodes.get(step);
            if (isInside(node.output())) {
                first[number(node.output())] = step;
                last[number(node.output())] = step;
            }
            for (Value value : node.consumed()) {
                if (isInside(value)) {
                    last[number(value)] = step;
                }
            }
        }
        for (int step = 0; step < nodes.size(); step++) {
            join(nodes.get(step), step);
        }
        bytes = place();
    }

    private long place() {
        try (TensorArray tensors = TensorArray.data(inside); IntPointer begin = new IntPointer(first); IntPointer end = new IntPointer(last);
                IntPointer in = new IntPointer(within); LongPointer from = new LongPointer(offset)) {
            return NativeErrors.call(() -> Native.tensors_place(tensors.handles(), begin, end, in, from, inside.size()));
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    /** The blob that has a value. */
    Blob of(Value value) {
        return blobs.getOrDefault(value, value.blob);
    }

    /** Whether a node's result lies where its inputs are as it is, so that there is nothing to run. */
    boolean isFree(Node node) {
        return free.contains(node);
    }

    /** Of the array. */
    long bytes() {
        return bytes;
    }

    private boolean isInside(Value value) {
        return numbers.containsKey(value);
    }

    private int number(Value value) {
        return numbers.get(value);
    }

    private int root(int number) {
        return within[number] < 0 ? number : root(within[number]);
    }

    /** Lets a node's result lie in the memory of its input, or its inputs in that of the result, where that is possible. */
    private void join(Node node, int step) {
        if (!isInside(node.output()) || !isInside(node.inputs.get(0))) {
            return;
        }
        Blob input = of(node.inputs.get(0));
        if (node.operation instanceof Operation.View) {
            share(node, 0);
        } else if (node.operation instanceof Operation.Part part) {
            long begin = beginOf(part, input, of(node.output()));
            if (begin >= 0) {
                share(node, begin);
            }
        } else if (node.operation instanceof Operation.Concat concat) {
            joinParts(node, input.canonicalAxis(concat.axis()));
        } else if (isElementwise(node) && mayOverwriteInput(node, step)) {
            within[number(node.output())] = number(node.inputs.get(0));
        }
    }

    private void share(Node node, long begin) {
        within[number(node.output())] = number(node.inputs.get(0));
        offset[number(node.output())] = begin;
        free.add(node);
    }

    private static boolean isElementwise(Node node) {
        Operation operation = node.operation;
        return operation instanceof Operation.Activation || operation instanceof Operation.PRelu || operation instanceof Operation.Affine
                || operation instanceof Operation.Eltwise || operation instanceof Operation.Broadcast || operation instanceof Operation.Mvn;
    }

    /** Whether nothing in the memory of a node's first input is read later, or by the node itself as something else. */
    private boolean mayOverwriteInput(Node node, int step) {
        Value input = node.inputs.get(0);
        int root = root(number(input));
        for (int other = 0; other < last.length; other++) {
            if (root(other) == root && last[other] > step) {
                return false;
            }
        }
        return node.consumed().stream().noneMatch(value -> value != input && isInside(value) && root(number(value)) == root);
    }

    /** The element at which a part begins that lies in one piece; -1 for one that does not. */
    private static long beginOf(Operation.Part part, Blob whole, Blob piece) {
        int axis = 0;
        while (axis < whole.numAxes() - 1 && whole.shape(axis) == 1) {
            axis++;
        }
        for (int behind = axis + 1; behind < whole.numAxes(); behind++) {
            if (whole.shape(behind) != piece.shape(behind)) {
                return -1;
            }
        }
        long begin = whole.numAxes() == 0 ? 0 : part.offset().get()[axis] * whole.count(axis + 1);
        return begin % ALIGNMENT == 0 ? begin : -1;
    }

    private void joinParts(Node node, int axis) {
        Blob whole = of(node.output());
        Set<Integer> roots = new HashSet<>();
        long begin = 0;
        for (Value input : node.inputs) {
            boolean moves = isInside(input) && roots.add(root(number(input))) && isAll(number(input));
            if (!moves || whole.count(0, axis) != 1 || begin % ALIGNMENT != 0) {
                return;
            }
            begin += of(input).count();
        }
        begin = 0;
        for (Value input : node.inputs) {
            int root = root(number(input));
            within[root] = number(node.output());
            offset[root] = begin;
            begin += of(input).count();
        }
        free.add(node);
    }

    /** Whether a value is all that its root's memory holds. */
    private boolean isAll(int number) {
        return inside.get(number).count() == inside.get(root(number)).count();
    }

    @Override
    public void close() {
        inside.forEach(Blob::close);
    }
}
