package org.caffe4j.optimize;

import java.util.List;

/** Makes an activation or a PReLU a post-operation of the operation in front of it. */
final class FuseActivations implements Pass {
    @Override
    public void apply(Graph graph) {
        for (Node node : List.copyOf(graph.nodes)) {
            Node.Post post = node.operation instanceof Operation.Activation function ? new Node.Post.Activate(function)
                    : node.operation instanceof Operation.PRelu prelu ? new Node.Post.Slope(prelu) : null;
            if (post == null || !graph.isOnlyFor(node.inputs.get(0), node)) {
                continue;
            }
            Node maker = node.inputs.get(0).maker;
            if (maker.takesActivations()) {
                maker.posts.add(post);
                maker.posts.addAll(node.posts);
                graph.merge(maker, node);
            }
        }
    }
}
