package org.caffe4j.optimize;

import java.util.ArrayList;
import java.util.List;

/** One step of a graph: a layer, with the layers that passes have merged into it. */
final class Node {
    /** What is done to a result before it is written. */
    sealed interface Post {
        record Activate(Operation.Activation function) implements Post {
        }

        record Slope(Operation.PRelu prelu) implements Post {
        }

        /** Adds {@code factor} times a value. */
        record Sum(Value value, float factor) implements Post {
        }
    }

    final int layer;
    final String name;
    /** What the plan computes; null where the layer runs itself. */
    Operation operation;
    final List<Value> inputs = new ArrayList<>();
    final List<Value> outputs = new ArrayList<>();
    /** Scales and shifts that are folded into the weights, in order. */
    final List<Operation.Affine> folded = new ArrayList<>();
    final List<Post> posts = new ArrayList<>();
    /** All layers that this node stands for, its own included. */
    final List<Integer> layers = new ArrayList<>();

    Node(int layer, String name, Operation operation) {
        this.layer = layer;
        this.name = name;
        this.operation = operation;
        layers.add(layer);
    }

    boolean isPlanned() {
        return operation != null && !isSource();
    }

    /** True where there is nothing to run: values come from outside. */
    boolean isSource() {
        return operation instanceof Operation.Source;
    }

    Value output() {
        return outputs.get(0);
    }

    /** What it reads: its inputs and summands. */
    List<Value> consumed() {
        List<Value> values = new ArrayList<>(inputs);
        for (Post post : posts) {
            if (post instanceof Post.Sum sum) {
                values.add(sum.value());
            }
        }
        return values;
    }

    boolean hasWeights() {
        return operation instanceof Operation.Convolution || operation instanceof Operation.InnerProduct;
    }

    /** True where a sum is added to the result at little more cost than reading the summand. */
    boolean takesSums() {
        return hasWeights() || operation instanceof Operation.Broadcast;
    }

    /** True where an activation behind it costs little. */
    boolean takesActivations() {
        return takesSums() || operation instanceof Operation.Eltwise || operation instanceof Operation.Affine;
    }
}
