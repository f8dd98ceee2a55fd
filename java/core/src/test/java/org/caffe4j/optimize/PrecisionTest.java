package org.caffe4j.optimize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.Net;
import org.caffe4j.io.Golden;
import org.caffe4j.io.PrototxtReader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Nets in bf16 give what they give in float, within what 8 significant bits lose; {@link Bf16BoundTest} holds single layers to a strict bound. */
class PrecisionTest {
    private static final OptimizeOptions BF16 = OptimizeOptions.defaults().precision(Precision.BF16);
    static final String INPUT = "layer { name: 'data' type: 'Input' top: 'data' input_param { shape { dim: 2 dim: 3 dim: 17 dim: 17 } } } ";
    static final String CONV = layer("c", "Convolution", "data", "convolution_param { num_output: 32 kernel_size: 3 }");

    static String layer(String name, String type, String bottom, String more) {
        return "layer { name: '" + name + "' type: '" + type + "' bottom: '" + bottom.replace(" ", "' bottom: '") + "' top: '" + name + "' " + more
                + " } ";
    }

    static void requireBf16() {
        requireFast(Precision.BF16, "bf16 is not tested: this processor has neither AVX512_BF16 nor AMX");
    }

    /** Ends a test as skipped, and prints why, where the processor has no instructions for a precision. */
    static void requireFast(Precision precision, String missing) {
        if (!precision.isFast()) {
            System.out.println(missing);
        }
        assumeTrue(precision.isFast(), missing);
    }

    static List<String> layerCases() throws IOException {
        return OptimizedModelsTest.layerCases();
    }

    @ParameterizedTest
    @MethodSource("layerCases")
    void recorded(String name) throws IOException {
        requireBf16();
        OptimizedModelsTest.replay(Golden.resource("layers").resolve(name), BF16);
    }

    @ParameterizedTest
    @ValueSource(strings = {"lenet_ethereon", "lenet_everpeace_V1", "cifar10_quick_h5", "squeezenet_dc", "mtcnn_kpzhang93_det1",
        "mtcnn_kpzhang93_det2", "mtcnn_kpzhang93_det3"})
    void real(String name) throws IOException {
        requireBf16();
        OptimizedModelsTest.replay(Golden.model(name), BF16);
    }

    @ParameterizedTest
    @CsvSource({"caffenet, 1", "googlenet, 2", "resnet_50, 1", "squeezenet_1.1, 1", "mobilenet_v2, 3"})
    void example(String name, long batch) {
        requireBf16();
        Path file = OptimizedModelsTest.MODELS.resolve(name).resolve("deploy.prototxt");
        try (OptimizedPair pair = new OptimizedPair(PrototxtReader.readNet(file))) {
            pair.randomizeWeights();
            long[] shape = pair.plain.inputs().get(0).shape();
            shape[0] = batch;
            pair.plain.inputs().get(0).reshape(shape);
            pair.randomizeInputs();
            String scores = pair.plain.bottomNames(pair.plain.layers().size() - 1).get(0);
            long weights = pair.plain.params().values().stream().flatMap(List::stream).mapToLong(Blob::count).sum() * Float.BYTES;
            InferencePlan plan = pair.optimize(BF16.keep(scores));
            pair.check(scores);
            assertEquals(List.of(), plan.steps().stream().filter(step -> step.kernel().contains("ref")).toList());
            assertTrue(plan.weightBytes() < 0.56 * weights, () -> plan.weightBytes() + " bytes of " + weights);
        }
    }

    /** A type of layer and its parameters, to be put between a pooling layer and an inner product. */
    static List<String> layers() {
        return List.of(
            "ReLU:", "ReLU:relu_param { negative_slope: 0.1 }", "PReLU:", "Sigmoid:", "TanH:", "ELU:", "Swish:", "Exp:", "BNLL:",
            "Log:log_param { shift: 9 }", "MVN:", "MVN:mvn_param { across_channels: true }", "Tile:tile_param { tiles: 2 }",
            "Reduction:reduction_param { axis: 2 operation: MEAN }", "Reduction:reduction_param { axis: 3 operation: ASUM }",
            "ArgMax:argmax_param { axis: 1 out_max_val: true }",
            "Scale:scale_param { axis: 2 num_axes: -1 bias_term: true }",
            "Pooling:pooling_param { kernel_size: 3 stride: 2 }", "Pooling:pooling_param { pool: AVE kernel_size: 3 stride: 2 pad: 1 }",
            "LRN:lrn_param { alpha: 0.1 }", "LRN:lrn_param { local_size: 3 alpha: 0.1 beta: 0.5 }", "BatchNorm:", "Scale:scale_param { bias_term: true }",
            "Softmax:", "Flatten:", "Reshape:reshape_param { shape { dim: 0 dim: -1 } }",
            "Deconvolution:convolution_param { num_output: 8 kernel_size: 4 stride: 2 }",
            "Convolution:convolution_param { num_output: 32 kernel_size: 3 group: 32 }",
            "InnerProduct:inner_product_param { num_output: 9 transpose: true }");
    }

    @ParameterizedTest
    @MethodSource("layers")
    void layersBehindAndBeforeConvolutions(String layer) {
        requireBf16();
        checkLayer(layer, BF16);
    }

    static void checkLayer(String layer, OptimizeOptions options) {
        String[] parts = layer.split(":", 2);
        String tested = layer("t", parts[0], "p", parts[1]);
        String product = layer("ip", "InnerProduct", "t", "inner_product_param { num_output: 21 }");
        String pool = layer("p", "Pooling", "c", "pooling_param { kernel_size: 2 stride: 2 }");
        check(options, INPUT + CONV + pool + tested);
        check(options, INPUT + CONV + pool + tested + product);
        check(options, INPUT + CONV + pool + tested + product, "p", "t");
        check(options, INPUT + tested.replace("'p'", "'data'").replace("group: 32", "group: 1"));
    }

    /** A type of layer and its parameters, to be put behind two convolutions. */
    static List<String> combinationLayers() {
        return List.of("Concat:", "Concat:concat_param { axis: 2 }", "Eltwise:", "Eltwise:eltwise_param { operation: MAX }",
            "Eltwise:eltwise_param { operation: PROD }", "Scale:scale_param { axis: 0 }", "Bias:bias_param { axis: 0 }",
            "Eltwise:eltwise_param { coeff: 0.5 coeff: -2 }");
    }

    @ParameterizedTest
    @MethodSource("combinationLayers")
    void combinations(String layer) {
        requireBf16();
        checkCombination(layer, BF16);
    }

    static void checkCombination(String layer, OptimizeOptions options) {
        String[] parts = layer.split(":", 2);
        String net = INPUT + CONV + layer("d", "Convolution", "data", "convolution_param { num_output: 32 kernel_size: 3 }")
                + layer("e", parts[0], "c d", parts[1]);
        check(options, net);
        check(options, net + layer("k", "Convolution", "e", "convolution_param { num_output: 16 kernel_size: 1 }"));
        check(options, net + layer("k", "Convolution", "e", "convolution_param { num_output: 16 kernel_size: 1 }"), "c", "e");
    }

    private static void check(OptimizeOptions options, String net, String... keep) {
        try (OptimizedPair pair = OptimizedPair.of(net)) {
            pair.optimize(options.keep(keep), 20);
            pair.check(keep);
            pair.plain.inputs().get(0).reshape(5, 3, 17, 17);
            pair.randomizeInputs();
            pair.check(keep);
        }
    }

    @Test
    void whatTheProcessorLacksFallsBackToFloat() {
        try (OptimizedPair pair = OptimizedPair.of(INPUT + CONV)) {
            assertEquals(Precision.BF16.isFast() ? Precision.BF16 : Precision.F32, pair.optimize(BF16).precision());
            assertTrue(Precision.F32.isFast());
            pair.check();
        }
    }

    @Test
    void replicasHaveTheirSourcesPrecision() {
        requireBf16();
        try (OptimizedPair pair = OptimizedPair.of(INPUT + CONV); Context other = Context.cpu(1)) {
            pair.optimize(BF16);
            pair.check();
            IllegalArgumentException refused = assertThrows(IllegalArgumentException.class,
                    () -> pair.optimized.replica(other, OptimizeOptions.defaults()));
            assertTrue(refused.getMessage().contains("BF16"), refused.getMessage());
            try (Net replica = pair.optimized.replica(other, BF16)) {
                assertEquals(Precision.BF16, replica.plan().precision());
            }
        }
    }

    @Test
    void noPrecisionIsAnError() {
        assertThrows(NullPointerException.class, () -> BF16.precision(null));
        assertEquals(Precision.F32, OptimizeOptions.defaults().precision());
        assertEquals(Precision.BF16, BF16.keep("x").precision());
    }
}
