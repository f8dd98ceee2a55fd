package org.caffe4j.optimize;

import java.util.List;
import org.caffe4j.natives.Native;

/**
 * Makes a sum of two values a post-operation of the convolution, inner product, or Scale or Bias over two bottoms that makes one of them, the one
 * that runs later.
 */
final class FuseSums implements Pass {
    @Override
    public void apply(Graph graph) {
        for (Node node : List.copyOf(graph.nodes)) {
            if (node.operation instanceof Operation.Eltwise eltwise && eltwise.combination() == Native.PLAN_SUM && node.inputs.size() == 2) {
                fuse(graph, node, eltwise.coeff());
            }
        }
    }

    private static void fuse(Graph graph, Node sum, float[] coeff) {
        int first = graph.nodes.indexOf(sum.inputs.get(0).maker);
        int second = graph.nodes.indexOf(sum.inputs.get(1).maker);
        int later = second > first ? 1 : 0;
        Value own = sum.inputs.get(later);
        Value other = sum.inputs.get(1 - later);
        boolean scaled = coeff != null && coeff[later] != 1;
        if (own == other || !own.maker.takesSums() || scaled || !graph.isOnlyFor(own, sum)) {
            return;
        }
        Node maker = own.maker;
        maker.posts.add(new Node.Post.Sum(other, coeff == null ? 1 : coeff[1 - later]));
        maker.posts.addAll(sum.posts);
        graph.merge(maker, sum);
    }
}
