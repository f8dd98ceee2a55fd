package org.caffe4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.caffe4j.io.PrototxtReader;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** BatchNorm, Scale and ReLU in place give the same whether passes run all layers at once or one after the other, in any mixture. */
class NormalizationChainTest {
    private static final Consumer<Net> FORWARD = Net::forward;
    private static final Consumer<Net> BACKWARD = Net::backward;
    private static final Consumer<Net> FORWARD_BY_LAYER = net -> {
        for (int i = 0; i < net.layers().size(); i++) {
            net.forward(i, i);
        }
    };
    private static final Consumer<Net> BACKWARD_BY_LAYER = net -> {
        for (int i = net.layers().size() - 1; i >= 0; i--) {
            net.backward(i, i);
        }
    };

    private static String net(String scale, String behind) {
        return "force_backward: true layer { name: 'in' type: 'Input' top: 'in' input_param { shape { dim: 3 dim: 32 dim: 9 dim: 7 } } } "
            + convolution("conv", "in", "x") + "layer { name: 'bn' type: 'BatchNorm' bottom: 'x' top: 'x' } "
            + "layer { name: 'scale' type: 'Scale' bottom: 'x' top: 'x' " + scale + " } " + behind + convolution("last", "x", "y");
    }

    private static String convolution(String name, String bottom, String top) {
        return "layer { name: '" + name + "' type: 'Convolution' bottom: '" + bottom + "' top: '" + top
            + "' convolution_param { num_output: 40 kernel_size: 1 } } ";
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "scale_param { bias_term: true } | layer { name: 'relu' type: 'ReLU' bottom: 'x' top: 'x' }",
        "scale_param { bias_term: true } |",
        "| layer { name: 'relu' type: 'ReLU' bottom: 'x' top: 'x' }",
        "scale_param { bias_term: true } | layer { name: 'relu' type: 'ReLU' bottom: 'x' top: 'x' relu_param { negative_slope: 0.1 } }",
        "param { lr_mult: 0 } scale_param { bias_term: true } | layer { name: 'relu' type: 'ReLU' bottom: 'x' top: 'x' }",
        "scale_param { axis: 2 } | layer { name: 'relu' type: 'ReLU' bottom: 'x' top: 'x' }"})
    void givesTheSame(String chain) {
        String[] parts = chain.split("\\|", -1);
        String definition = net(parts[0], parts[1]);
        Map<String, float[]> apart = run(definition, FORWARD_BY_LAYER, BACKWARD_BY_LAYER);
        compare(apart, run(definition, FORWARD, BACKWARD));
        compare(apart, run(definition, FORWARD, BACKWARD_BY_LAYER));
        compare(apart, run(definition, FORWARD_BY_LAYER, BACKWARD));
        compare(apart, run(definition, FORWARD.andThen(net -> net.setDebugInfo(true)), BACKWARD.andThen(net -> net.setDebugInfo(false))));
        // The Scale sees what the others have made of the blob, not what it was before them, also where that was never in memory.
        Consumer<Net> scaleAgain = net -> net.forward(net.layerIndex("scale"), net.layers().size() - 1);
        compare(run(definition, FORWARD_BY_LAYER.andThen(scaleAgain), BACKWARD_BY_LAYER), run(definition, FORWARD.andThen(scaleAgain), BACKWARD));
    }

    private static void compare(Map<String, float[]> expected, Map<String, float[]> actual) {
        assertEquals(expected.keySet(), actual.keySet());
        expected.forEach((name, values) -> assertArrayEquals(values, actual.get(name), 1e-4f * largest(values), name));
    }

    private static float largest(float[] values) {
        float largest = 1;
        for (float value : values) {
            largest = Math.max(largest, Math.abs(value));
        }
        return largest;
    }

    /** Two passes each way on random values: all blobs, parameters and gradients after each. */
    private static Map<String, float[]> run(String definition, Consumer<Net> forward, Consumer<Net> backward) {
        Map<String, float[]> results = new LinkedHashMap<>();
        try (Context context = TestDevice.context(2); Net net = new Net(PrototxtReader.parseNet(definition, "net"), Phase.TRAIN, context)) {
            Random random = new Random(5);
            net.layers().stream().filter(layer -> !layer.type().equals("BatchNorm"))
                .forEach(layer -> layer.blobs().forEach(blob -> fill(blob.data(), random)));
            for (int pass = 0; pass < 2; pass++) {
                fill(net.blobByName("in").data(), random);
                forward.accept(net);
                fill(net.blobByName("y").diff(), random);
                net.clearParamDiffs();
                backward.accept(net);
                for (String blob : net.blobNames()) {
                    results.put(pass + " " + blob, net.blobByName(blob).data().toArray());
                    results.put(pass + " " + blob + ".diff", net.blobByName(blob).diff().toArray());
                }
                for (String layer : net.layerNames()) {
                    for (Blob blob : net.layerByName(layer).blobs()) {
                        results.put(pass + " " + layer + results.size(), blob.data().toArray());
                        results.put(pass + " " + layer + results.size() + ".diff", blob.diff().toArray());
                    }
                }
            }
        }
        return results;
    }

    private static void fill(Tensor tensor, Random random) {
        FloatBuffer values = tensor.overwrite();
        while (values.hasRemaining()) {
            values.put((float) random.nextGaussian());
        }
    }
}
