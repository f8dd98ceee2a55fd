package org.caffe4j.optimize;

import java.util.List;

/** Removes what passes its input on: Split, Dropout in phase TEST, Concat and Slice of one blob, Silence, which makes nothing of it. */
final class DropIdentities implements Pass {
    @Override
    public void apply(Graph graph) {
        for (Node node : List.copyOf(graph.nodes)) {
            if (node.operation instanceof Operation.Identity) {
                drop(graph, node);
            }
        }
    }

    private static void drop(Graph graph, Node identity) {
        Value source = identity.inputs.get(0);
        for (Value output : identity.outputs) {
            for (Node user : graph.uses(output)) {
                user.inputs.replaceAll(input -> input == output ? source : input);
            }
            source.homes.addAll(output.homes);
        }
        source.maker.layers.addAll(identity.layers);
        graph.nodes.remove(identity);
    }
}
