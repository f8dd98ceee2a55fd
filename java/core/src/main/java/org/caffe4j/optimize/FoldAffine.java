package org.caffe4j.optimize;

import java.util.List;
import org.caffe4j.optimize.Operation.Affine;

/**
 * Folds BatchNorm, Scale and Bias into the weights of the convolution or inner product in front of them, and one of them that has no such
 * layer in front into another that follows it.
 */
final class FoldAffine implements Pass {
    @Override
    public void apply(Graph graph) {
        for (Node node : List.copyOf(graph.nodes)) {
            if (!(node.operation instanceof Affine affine)) {
                continue;
            }
            Value input = node.inputs.get(0);
            Node maker = input.maker;
            if (!graph.isOnlyFor(input, node) || !maker.posts.isEmpty()) {
                continue;
            }
            if (maker.operation instanceof Affine first) {
                maker.operation = then(first, affine);
                graph.merge(maker, node);
            } else if (maker.hasWeights()) {
                maker.folded.add(affine);
                graph.merge(maker, node);
            }
        }
    }

    /** second(first(x)). */
    private static Affine then(Affine first, Affine second) {
        return new Affine(() -> product(first.scale().get(), second.scale().get()), () -> {
            float[] shift = product(first.shift().get(), second.scale().get());
            float[] more = second.shift().get();
            for (int i = 0; i < shift.length; i++) {
                shift[i] += more[i];
            }
            return shift;
        });
    }

    private static float[] product(float[] a, float[] b) {
        float[] product = new float[a.length];
        for (int i = 0; i < a.length; i++) {
            product[i] = a[i] * b[i];
        }
        return product;
    }
}
