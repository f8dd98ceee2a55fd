package org.caffe4j.optimize;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.caffe4j.Blob;
import org.caffe4j.Net;
import org.caffe4j.layer.Layer;
import org.caffe4j.natives.Native;

/**
 * A net as nodes and the values between them, in the order of the layers; passes rewrite it. A layer that cuts its bottom into parts is a node
 * for each.
 */
final class Graph {
    final List<Node> nodes = new ArrayList<>();

    /** Null where plans have no good kernel for it on this processor: the layer then runs itself. */
    private static Operation planned(Operation operation) {
        return operation == null || operation.isForEveryProcessor() || Native.plan_has_all_kernels() ? operation : null;
    }

    /**
     * @param readable blobs that must stay readable
     */
    static Graph of(Net net, Collection<Blob> readable) {
        Graph graph = new Graph();
        Map<Blob, Value> newest = new HashMap<>();
        for (int i = 0; i < net.layers().size(); i++) {
            Layer layer = net.layers().get(i);
            boolean loses = net.topNames(i).stream().anyMatch(name -> net.hasBlob(name) && net.lossWeight(name) != 0);
            Operation operation = loses ? null : planned(layer.operation(net.bottoms(i), net.tops(i)));
            List<Value> inputs = net.bottoms(i).stream().map(newest::get).toList();
            List<Blob> tops = net.tops(i);
            if (operation instanceof Operation.Parts several) {
                for (int k = 0; k < tops.size(); k++) {
                    graph.add(new Node(i, net.layerNames().get(i), several.parts().get(k)), inputs, tops.subList(k, k + 1), newest);
                }
            } else {
                Node node = graph.add(new Node(i, net.layerNames().get(i), operation), inputs, tops, newest);
                if (!node.isPlanned()) {
                    for (int k = 0; k < inputs.size(); k++) {
                        inputs.get(k).homes.add(net.bottoms(i).get(k));
                    }
                    node.outputs.forEach(value -> value.homes.add(value.blob));
                }
            }
        }
        readable.forEach(blob -> {
            Value value = newest.get(blob);
            if (value != null) {
                value.homes.add(blob);
            }
        });
        return graph;
    }

    private Node add(Node node, List<Value> inputs, List<Blob> tops, Map<Blob, Value> newest) {
        node.inputs.addAll(inputs);
        for (Blob top : tops) {
            Value value = new Value(top, node);
            node.outputs.add(value);
            newest.put(top, value);
        }
        nodes.add(node);
        return node;
    }

    /** Every use of a value: once for each input or summand that it is. */
    List<Node> uses(Value value) {
        List<Node> uses = new ArrayList<>();
        for (Node node : nodes) {
            node.inputs.stream().filter(input -> input == value).forEach(input -> uses.add(node));
            for (Node.Post post : node.posts) {
                if (post instanceof Node.Post.Sum sum && sum.value() == value) {
                    uses.add(node);
                }
            }
        }
        return uses;
    }

    /** True if {@code user} is all that needs the value, so that its maker may make something else of it. */
    boolean isOnlyFor(Value value, Node user) {
        return !value.isReadable() && uses(value).equals(List.of(user));
    }

    /** Lets {@code maker} make what {@code merged}, which goes, made; the values that it made before are gone. */
    void merge(Node maker, Node merged) {
        maker.outputs.clear();
        maker.outputs.addAll(merged.outputs);
        maker.outputs.forEach(value -> value.maker = maker);
        maker.layers.addAll(merged.layers);
        nodes.remove(merged);
    }
}
