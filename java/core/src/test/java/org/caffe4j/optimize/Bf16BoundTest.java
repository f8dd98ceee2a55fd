package org.caffe4j.optimize;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.FloatBuffer;
import java.util.List;
import java.util.Set;
import org.caffe4j.Blob;
import org.caffe4j.Net;
import org.caffe4j.Phase;
import org.caffe4j.io.PrototxtReader;
import org.caffe4j.proto.NetParameter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Each layer with weights in bf16, on the very values that it was given, against the bound that follows from the number format: rounding to
 * 8 significant bits changes a value by at most u = 2^-8 of it, so a product of two rounded values is off by at most (2u + u²)|w·x|, and
 * adding n products in float, once here and once in the net to compare with, by at most 2n·2^-24 Σ|w·x|. Layers that are computed by
 * Winograd's algorithm round transformed values besides, for which the native tests have the bound that follows; they keep to this one too.
 */
class Bf16BoundTest {
    private static final double U = 0x1p-8;
    private static final double FLOAT = 0x1p-24;
    private static final Set<String> WITH_WEIGHTS = Set.of("Convolution", "Deconvolution", "InnerProduct");

    @ParameterizedTest
    @ValueSource(strings = {"caffenet", "googlenet", "resnet_50", "squeezenet_1.1", "mobilenet_v2"})
    void everyLayerIsWithinItsBound(String name) {
        PrecisionTest.requireBf16();
        NetParameter definition = PrototxtReader.readNet(OptimizedModelsTest.MODELS.resolve(name).resolve("deploy.prototxt"));
        try (OptimizedPair pair = new OptimizedPair(definition); Net magnitudes = new Net(definition, Phase.TEST, pair.context)) {
            pair.randomizeWeights();
            Blob input = pair.plain.inputs().get(0);
            input.reshape(1, input.shape(1), input.shape(2), input.shape(3));
            pair.optimized.inputs().get(0).reshape(input.shape());
            pair.randomizeInputs();
            takeMagnitudes(pair.plain, magnitudes);
            pair.optimize(OptimizeOptions.defaults().precision(Precision.BF16).keep(pair.plain.blobNames().toArray(String[]::new)));
            pair.optimized.inputs().get(0).data().set(input.data().toArray());
            pair.optimized.forward();
            magnitudes.inputs().get(0).reshape(input.shape());
            magnitudes.reshape();
            pair.plain.reshape();
            int checked = 0;
            for (int i = 0; i < pair.plain.layers().size(); i++) {
                if (WITH_WEIGHTS.contains(pair.plain.layers().get(i).type())) {
                    check(pair, magnitudes, i);
                    checked++;
                }
            }
            assertTrue(checked >= 8, () -> "no layers were found");
        }
    }

    /** Absolute values of weights, and nothing that is added: the net then gives Σ|w·x| for |x|. */
    private static void takeMagnitudes(Net from, Net to) {
        for (int i = 0; i < from.layers().size(); i++) {
            List<Blob> blobs = from.layers().get(i).blobs();
            boolean statistics = from.layers().get(i).type().equals("BatchNorm");
            for (int k = 0; k < blobs.size(); k++) {
                boolean added = statistics ? k == 0 : k == 1;
                float[] values = blobs.get(k).data().toArray();
                for (int j = 0; j < values.length; j++) {
                    values[j] = added ? 0 : Math.abs(values[j]);
                }
                to.layers().get(i).blobs().get(k).data().set(values);
            }
        }
    }

    /** Layer number {@code layer} with the layers in place behind it. */
    private static void check(OptimizedPair pair, Net magnitudes, int layer) {
        Net plain = pair.plain;
        String top = plain.topNames(layer).get(0);
        int last = layer;
        while (last + 1 < plain.layers().size() && plain.bottomNames(last + 1).equals(List.of(top)) && plain.topNames(last + 1).equals(List.of(top))) {
            last++;
        }
        float[] given = pair.optimized.blobByName(plain.bottomNames(layer).get(0)).data().toArray();
        plain.bottoms(layer).get(0).data().set(given);
        plain.forward(layer, last);
        for (int i = 0; i < given.length; i++) {
            given[i] = Math.abs(given[i]);
        }
        magnitudes.bottoms(layer).get(0).data().set(given);
        magnitudes.forward(layer, last);
        Blob weight = plain.layers().get(layer).blobs().get(0);
        double perProduct = 2 * U + U * U + 2 * FLOAT * (weight.count() / weight.shape(0));
        FloatBuffer expected = plain.tops(last).get(0).data().read();
        FloatBuffer actual = pair.optimized.blobByName(top).data().read();
        FloatBuffer products = magnitudes.tops(last).get(0).data().read();
        for (int i = 0; i < expected.limit(); i++) {
            double bound = perProduct * products.get(i) + 16 * FLOAT * (products.get(i) + Math.abs(expected.get(i)) + 1);
            double error = Math.abs(expected.get(i) - actual.get(i));
            int at = i;
            assertTrue(error <= bound, () -> plain.layerNames().get(layer) + ": value " + at + " is off by " + error + ", allowed are " + bound);
        }
    }
}
