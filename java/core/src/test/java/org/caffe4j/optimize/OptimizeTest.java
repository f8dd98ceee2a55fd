package org.caffe4j.optimize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.util.List;
import java.util.stream.Stream;
import org.caffe4j.Blob;
import org.caffe4j.TestDevice;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Small nets, one for each thing that a pass does or must not do: the optimised net gives what the net gives. */
class OptimizeTest {
    private static String input(long... shape) {
        StringBuilder dims = new StringBuilder();
        for (long dim : shape) {
            dims.append("dim: ").append(dim).append(' ');
        }
        return "layer { name: 'data' type: 'Input' top: 'data' input_param { shape { " + dims + "} } } ";
    }

    private static String layer(String name, String type, String bottom, String top, String more) {
        StringBuilder text = new StringBuilder("layer { name: '" + name + "' type: '" + type + "' ");
        Stream.of(bottom.split(" ")).forEach(b -> text.append("bottom: '").append(b).append("' "));
        Stream.of(top.split(" ")).forEach(t -> text.append("top: '").append(t).append("' "));
        return text.append(more).append(" } ").toString();
    }

    private static String conv(String name, String bottom, int outputs, String more) {
        return layer(name, "Convolution", bottom, name, "convolution_param { num_output: " + outputs + " " + more + " }");
    }

    private static String relu(String name, String blob) {
        return layer(name, "ReLU", blob, blob, "");
    }

    /** Optimises, compares, and returns the layers that have steps of their own, conversions left out. */
    private static List<String> steps(String net, String... keep) {
        try (OptimizedPair pair = OptimizedPair.of(net)) {
            InferencePlan plan = pair.optimize(keep);
            pair.check(keep);
            return plan.steps().stream().filter(step -> !step.kernel().startsWith("reorder")).map(PlanStep::layer).toList();
        }
    }

    private static void assertSteps(String expected, String net, String... keep) {
        assertEquals(expected, String.join(" ", steps(net, keep)));
    }

    private static final String BATCH_NORM = layer("bn", "BatchNorm", "c", "c", "");
    private static final String SCALE = layer("scale", "Scale", "c", "c", "scale_param { bias_term: true }");

    @Test
    void foldsBatchNormAndScaleIntoConvolution() {
        assertSteps("c", input(2, 3, 9, 9) + conv("c", "data", 8, "kernel_size: 3 bias_term: false") + BATCH_NORM + SCALE + relu("r", "c"));
        assertSteps("c", input(2, 3, 9, 9) + conv("c", "data", 8, "kernel_size: 3") + BATCH_NORM);
        assertSteps("c", input(2, 3, 9, 9) + conv("c", "data", 8, "kernel_size: 3") + layer("s", "Scale", "c", "c", ""));
        assertSteps("c", input(2, 3, 9, 9) + conv("c", "data", 8, "kernel_size: 3") + layer("b", "Bias", "c", "b", ""));
        assertSteps("c", input(2, 3, 9, 9) + conv("c", "data", 8, "kernel_size: 3 group: 1 stride: 2") + layer("bn", "BatchNorm", "c", "n", "")
                + layer("s", "Scale", "n", "t", "scale_param { bias_term: true }") + layer("r", "ReLU", "t", "u", ""));
    }

    @Test
    void foldsIntoInnerProduct() {
        String product = "inner_product_param { num_output: 6 ";
        assertSteps("c", input(2, 3, 4, 5) + layer("c", "InnerProduct", "data", "c", product + "}") + BATCH_NORM + SCALE);
        assertSteps("c", input(2, 3, 4, 5) + layer("c", "InnerProduct", "data", "c", product + "transpose: true }") + BATCH_NORM + SCALE);
    }

    @Test
    void batchNormWithoutAConvolutionIsOneStep() {
        assertSteps("bn", input(2, 5, 4, 4) + layer("bn", "BatchNorm", "data", "c", "") + SCALE + relu("r", "c"));
        assertSteps("p bn k", input(2, 5, 8, 8) + layer("p", "Pooling", "data", "p", "pooling_param { kernel_size: 2 stride: 2 }")
                + layer("bn", "BatchNorm", "p", "c", "") + SCALE + relu("r", "c") + conv("k", "c", 4, "kernel_size: 1"));
    }

    /** oneDNN's kernels are kept away from them: one reads memory that is not there. */
    @Test
    void dilatedWindowsInThePaddingAlone() {
        for (String window : new String[] {"kernel_size: 1 stride: 2 pad: 1 dilation: 2", "kernel_size: 2 stride: 2 pad: 3 dilation: 2"}) {
            steps(input(2, 1, 8, 1) + conv("c", "data", 4, window) + layer("b", "Bias", "c", "c", ""));
            steps(input(2, 16, 5, 5) + conv("c", "data", 16, window) + layer("b", "Bias", "c", "c", "") + relu("r", "c"));
        }
    }

    /** Behind a global pooling, for one; every channel has a shift of its own. */
    @Test
    void batchNormOfImagesOfOneValue() {
        steps(input(3, 5, 1, 1) + layer("bn", "BatchNorm", "data", "c", "") + SCALE + relu("r", "c"));
        steps(input(2, 16, 1) + layer("bn", "BatchNorm", "data", "c", ""));
        steps(input(2, 17, 4, 4) + layer("p", "Pooling", "data", "p", "pooling_param { pool: AVE global_pooling: true }")
                + layer("bn", "BatchNorm", "p", "c", "") + SCALE);
    }

    @Test
    void whatOthersReadIsNotFolded() {
        String conv = input(2, 3, 9, 9) + conv("c", "data", 8, "kernel_size: 3");
        assertSteps("c bn k sum", conv + layer("bn", "BatchNorm", "c", "n", "") + conv("k", "c", 8, "kernel_size: 1")
                + layer("sum", "Eltwise", "n k", "sum", "eltwise_param { operation: MAX }"));
        assertSteps("c r k", conv + layer("r", "ReLU", "c", "r", "") + conv("k", "c", 8, "kernel_size: 1"));
        assertSteps("c r", conv + layer("r", "ReLU", "c", "r", ""), "c");
        assertSteps("c bn", conv + layer("bn", "BatchNorm", "c", "n", ""), "c");
    }

    @Test
    void twoActivationsAreFusedInOrder() {
        assertSteps("c", input(2, 3, 9, 9) + conv("c", "data", 8, "kernel_size: 3") + relu("r", "c") + layer("t", "TanH", "c", "t", ""));
    }

    @ParameterizedTest
    @ValueSource(strings = {"type: 'ReLU'", "type: 'ReLU' relu_param { negative_slope: 0.1 }", "type: 'PReLU'",
        "type: 'PReLU' prelu_param { channel_shared: true }", "type: 'Clip' clip_param { min: 0 max: 0.6 }", "type: 'Sigmoid'",
        "type: 'TanH'", "type: 'ELU'", "type: 'Swish'", "type: 'Power' power_param { scale: 0.5 shift: 2 }",
        "type: 'Power' power_param { power: 2 }", "type: 'BNLL'", "type: 'Exp' exp_param { base: 2 scale: 0.5 shift: -1 }",
        "type: 'Log' log_param { base: 10 shift: 20 }"})
    void fusesActivation(String activation) {
        String fused = "layer { name: 'a' bottom: 'c' top: 'c' " + activation + " } ";
        assertSteps("c", input(2, 3, 9, 9) + conv("c", "data", 19, "kernel_size: 3") + fused);
        assertSteps("c", input(2, 3, 9, 9) + layer("c", "InnerProduct", "data", "c", "inner_product_param { num_output: 21 }") + fused);
        assertSteps("p a", input(2, 6, 9, 9) + layer("p", "Pooling", "data", "c", "pooling_param { kernel_size: 3 }") + fused);
    }

    @ParameterizedTest
    @ValueSource(strings = {"type: 'Threshold'", "type: 'Power' power_param { scale: 0 shift: 3 }"})
    void whatThePlanLacksRunsAsALayer(String activation) {
        List<String> steps = steps(input(2, 3, 9, 9) + conv("c", "data", 19, "kernel_size: 3") + "layer { name: 'a' bottom: 'c' top: 'c' "
                + activation + " } " + conv("k", "c", 4, "kernel_size: 3"));
        assertEquals(List.of("c", "a", "k"), steps.stream().distinct().toList());
    }

    @Test
    void fusesTheSumOfAResidualBlock() {
        String block = input(2, 16, 7, 7) + conv("a", "data", 16, "kernel_size: 1") + relu("ra", "a") + conv("b", "a", 16, "kernel_size: 3 pad: 1")
                + layer("sum", "Eltwise", "a b", "sum", "") + relu("r", "sum") + conv("k", "sum", 4, "kernel_size: 1");
        assertSteps("a b k", block);
        assertSteps("a b sum k", block, "b");
        assertSteps("a b k", block, "a");
    }

    @Test
    void fusesASumBehindAnActivation() {
        assertSteps("a b", input(1, 16, 7, 7) + conv("a", "data", 8, "kernel_size: 1") + conv("b", "data", 8, "kernel_size: 1") + relu("rb", "b")
                + layer("sum", "Eltwise", "a b", "sum", "") + relu("r", "sum"));
    }

    @ParameterizedTest
    @CsvSource({"1, 1, false", "1, -0.5, true", "-2, 1, false", "0.5, 0.25, true", "1, 0, true"})
    void sumHasCoefficients(float first, float second, boolean own) {
        List<String> steps = steps(input(2, 16, 7, 7) + conv("a", "data", 16, "kernel_size: 1") + conv("b", "data", 16, "kernel_size: 3 pad: 1")
                + layer("sum", "Eltwise", "a b", "sum", "eltwise_param { coeff: " + first + " coeff: " + second + " }") + relu("r", "sum"));
        assertEquals(own, steps.contains("sum"), () -> "steps " + steps);
    }

    @ParameterizedTest
    @ValueSource(strings = {"SUM", "PROD", "MAX"})
    void combinesThree(String operation) {
        steps(input(2, 5, 4, 4) + conv("a", "data", 7, "kernel_size: 1") + conv("b", "data", 7, "kernel_size: 1")
                + conv("c", "data", 7, "kernel_size: 1") + layer("e", "Eltwise", "a b c", "e", "eltwise_param { operation: " + operation + " }")
                + relu("r", "e"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"SUM", "PROD", "MAX"})
    void combinesABlobWithItself(String operation) {
        steps(input(2, 5, 4, 4) + conv("a", "data", 7, "kernel_size: 1")
                + layer("e", "Eltwise", "a a", "e", "eltwise_param { operation: " + operation + " }") + relu("r", "e"));
    }

    @Test
    void theSummandMayBeTheConvolutionsOwnInput() {
        assertSteps("a b", input(2, 8, 6, 6) + conv("a", "data", 8, "kernel_size: 1") + conv("b", "a", 8, "kernel_size: 1")
                + layer("sum", "Eltwise", "a b", "sum", "") + relu("r", "sum"));
        assertSteps("b", input(2, 8, 6, 6) + conv("b", "data", 8, "kernel_size: 1") + layer("sum", "Eltwise", "data b", "sum", ""));
    }

    @Test
    void concatOfConcatWithOddChannels() {
        assertSteps("a b c ab k abc", input(2, 3, 6, 6) + conv("a", "data", 5, "kernel_size: 3 pad: 1") + conv("b", "data", 7, "kernel_size: 1")
                + conv("c", "data", 16, "kernel_size: 1") + layer("ab", "Concat", "a b", "ab", "") + conv("k", "ab", 3, "kernel_size: 1")
                + layer("abc", "Concat", "ab c k", "abc", ""));
        steps(input(2, 3, 6, 6) + conv("a", "data", 5, "kernel_size: 1") + conv("b", "data", 5, "kernel_size: 1")
                + layer("ab", "Concat", "a b", "ab", "concat_param { axis: 2 }") + conv("k", "ab", 3, "kernel_size: 1"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"kernel_size: 3 group: 2", "kernel_size: 3 dilation: 2", "kernel_size: 3 pad: 1 group: 16", "kernel_size: 1 pad: 1",
        "kernel_size: 1 stride: 2", "kernel_h: 1 kernel_w: 7 pad_h: 0 pad_w: 3", "kernel_size: 3 stride: 2 pad: 1 bias_term: false",
        "kernel_size: 3 group: 2 engine: CAFFE"})
    void convolvesLike(String settings) {
        assertSteps("a b", input(2, 3, 12, 11) + conv("a", "data", 16, "kernel_size: 1") + relu("ra", "a") + conv("b", "a", 32, settings)
                + BATCH_NORM.replace("'c'", "'b'") + SCALE.replace("'c'", "'b'") + relu("rb", "b"));
        assertSteps("a b", input(1, 3, 12, 11) + conv("a", "data", 6, "kernel_size: 1") + conv("b", "a", 6, settings.replace("16", "6")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "group: 2", "group: 8", "pad: 1"})
    void deconvolves(String settings) {
        assertSteps("c", input(2, 8, 5, 6) + layer("c", "Deconvolution", "data", "c",
                "convolution_param { num_output: 16 kernel_size: 4 stride: 2 " + settings + " }") + BATCH_NORM + SCALE + relu("r", "c"));
        assertSteps("a d", input(2, 3, 5, 6) + conv("a", "data", 8, "kernel_size: 1") + layer("d", "Deconvolution", "a", "d",
                "convolution_param { num_output: 8 kernel_size: 4 stride: 2 " + settings + " }") + relu("r", "d"));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 3})
    void convolvesOverOtherNumbersOfAxes(long axes) {
        String shape = axes == 1 ? "dim: 2 dim: 3 dim: 9" : "dim: 2 dim: 3 dim: 5 dim: 5 dim: 5";
        steps("layer { name: 'data' type: 'Input' top: 'data' input_param { shape { " + shape + " } } } "
                + conv("c", "data", 8, "kernel_size: 3") + relu("r", "c") + conv("k", "c", 4, "kernel_size: 2"));
    }

    @Test
    void aConvolutionWithTwoBottomsRunsAsALayer() {
        steps(input(2, 3, 9, 9) + conv("a", "data", 3, "kernel_size: 1") + conv("b", "data", 3, "kernel_size: 1")
                + layer("c", "Convolution", "a b", "ca cb", "convolution_param { num_output: 4 kernel_size: 3 }"));
    }

    @ParameterizedTest
    @CsvSource({"MAX, 3, 2, 0", "AVE, 3, 2, 0", "MAX, 3, 2, 1", "AVE, 3, 2, 1", "AVE, 3, 1, 1", "MAX, 2, 3, 0", "AVE, 2, 3, 0", "AVE, 5, 3, 2",
        "AVE, 4, 3, 1"})
    void pools(String method, int kernel, int stride, int pad) {
        for (int size : new int[] {8, 9, 11, 12}) {
            if (kernel < stride && size % 3 == 0) {
                continue; // the last window would lie outside the image, where MAX is -FLT_MAX
            }
            steps(input(2, 3, size, size) + conv("a", "data", 5, "kernel_size: 1") + layer("p", "Pooling", "a", "p", "pooling_param { pool: " + method
                    + " kernel_size: " + kernel + " stride: " + stride + " pad: " + pad + " }") + conv("k", "p", 4, "kernel_size: 1"));
        }
    }

    @Test
    void poolsTheWholeImageAndWithAMask() {
        // So small that on the CPU pooling is part of the convolution's step.
        assertSteps(TestDevice.isGpu() ? "a p k" : "a k", input(2, 3, 9, 7) + conv("a", "data", 5, "kernel_size: 1") + layer("p", "Pooling", "a", "p",
                "pooling_param { pool: AVE global_pooling: true }") + conv("k", "p", 4, "kernel_size: 1"));
        steps(input(2, 3, 9, 7) + conv("a", "data", 5, "kernel_size: 1") + layer("p", "Pooling", "a", "p mask",
                "pooling_param { kernel_size: 2 stride: 2 }") + conv("k", "p", 4, "kernel_size: 1"));
        steps(input(2, 3, 9, 7) + conv("a", "data", 5, "kernel_size: 1") + relu("r", "a") + layer("p", "Pooling", "a", "p",
                "pooling_param { pool: STOCHASTIC kernel_size: 2 stride: 2 }"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"local_size: 5 alpha: 1e-4 beta: 0.75", "local_size: 3 alpha: 0.5 beta: 0.75 k: 2", "local_size: 7 alpha: 0.3 beta: 0.75",
        "local_size: 5 alpha: 0.5 beta: 0.5", "local_size: 3 alpha: 0.5 norm_region: WITHIN_CHANNEL"})
    void normalizesResponses(String settings) {
        for (int channels : new int[] {4, 16, 21}) {
            steps(input(2, 3, 6, 5) + conv("a", "data", channels, "kernel_size: 1") + layer("n", "LRN", "a", "n", "lrn_param { " + settings + " }")
                    + conv("k", "n", 4, "kernel_size: 1"));
        }
    }

    @Test
    void flattenAndReshapeBetweenConvolutionAndInnerProduct() {
        String conv = input(3, 3, 6, 5) + conv("a", "data", 7, "kernel_size: 3") + relu("r", "a");
        String product = "inner_product_param { num_output: 6 }";
        steps(conv + layer("f", "Flatten", "a", "f", "") + layer("ip", "InnerProduct", "f", "ip", product));
        steps(conv + layer("f", "Reshape", "a", "f", "reshape_param { shape { dim: 0 dim: -1 } }") + layer("ip", "InnerProduct", "f", "ip", product)
                + layer("p", "Softmax", "ip", "p", ""));
        steps(conv + layer("f", "Reshape", "a", "f", "reshape_param { shape { dim: 0 dim: 3 dim: 7 dim: -1 } }") + conv("k", "f", 2, "kernel_size: 1"));
        steps(conv + layer("f", "Flatten", "a", "f", ""));
        steps(conv + layer("f", "Flatten", "a", "f", ""), "a");
        steps(input(3, 3, 6, 5) + layer("f", "Flatten", "data", "f", "") + layer("t", "TanH", "f", "f", ""));
        steps(conv + layer("f", "Flatten", "a", "f", "") + layer("t", "TanH", "f", "t", "") + conv("k", "a", 2, "kernel_size: 1"));
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 32, 16", "2, 1, 32, 16", "1, 1, 20, 5", "2, 1, 20, 7", "3, 0, 8, 1", "2, 2, 16, 3", "1, 2, 16, 4", "1, 3, 5, 2"})
    void cutsIntoParts(long batch, int axis, int channels, int point) {
        String cut = input(batch, 3, 6, 5) + conv("a", "data", channels, "kernel_size: 1") + relu("r", "a")
                + layer("s", "Slice", "a", "s1 s2 s3", "slice_param { axis: " + axis + " slice_point: " + point + " slice_point: " + (point + 1) + " }");
        String parts = conv("b", "s1", 4, "kernel_size: 1") + layer("t", "TanH", "s3", "s3", "");
        if (batch != 3) {
            steps(cut + parts);
            steps(cut + parts, "s3");
            steps(cut + parts, "a", "s2");
        }
        steps(input(batch, 2 * channels) + layer("s", "Slice", "data", "s1 s2", "slice_param { axis: 1 }")
                + layer("m", "Eltwise", "s1 s2", "m", "eltwise_param { operation: MAX }"));
    }

    /** Max-feature-map, of face nets: the larger half. */
    @Test
    void aMaximumOverTwoHalvesIsPartOfThePlan() {
        String net = input(1, 3, 9, 9) + conv("a", "data", 64, "kernel_size: 3") + layer("s", "Slice", "a", "s1 s2", "slice_param { axis: 1 }")
                + layer("m", "Eltwise", "s1 s2", "m", "eltwise_param { operation: MAX }") + conv("b", "m", 16, "kernel_size: 1");
        List<String> steps = steps(net);
        assertEquals(List.of("a", "m", "b"), steps.stream().filter(step -> !step.equals("s")).toList());
        steps(net.replace("dim: 1 ", "dim: 3 "));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "axis: 2 offset: 2", "axis: 2 offset: 0 offset: 3", "axis: 1 offset: 3 offset: 1 offset: 2", "axis: 3 offset: 1"})
    void crops(String settings) {
        String second = settings.contains("axis: 3") ? "kernel_h: 1 kernel_w: 4" : "kernel_size: 4";
        for (long batch : new long[] {1, 2}) {
            String net = input(batch, 3, 8, 9) + conv("a", "data", 20, "kernel_size: 1") + conv("k", "a", settings.contains("axis: 1") ? 16 : 20, second)
                    + layer("c", "Crop", "a k", "c", "crop_param { " + settings + " }");
            assertSteps("a k c sum", net + layer("sum", "Eltwise", settings.contains("axis: 1") ? "c k" : "k c", "sum", "") + relu("r", "sum"));
            steps(net, "a");
            steps(net + layer("sum", "Eltwise", "c k", "sum", ""), "c");
        }
        assertSteps("a k", input(2, 3, 8, 9) + conv("a", "data", 8, "kernel_size: 1") + layer("c", "Crop", "a data", "c", "")
                + conv("k", "c", 4, "kernel_size: 1"));
    }

    @Test
    void whatIsSilencedIsNoStep() {
        assertSteps("a b", input(2, 3, 6, 6) + conv("a", "data", 5, "kernel_size: 1") + layer("q", "Silence", "a", "", "").replace("top: ''", "")
                + conv("b", "a", 4, "kernel_size: 1"));
    }

    @Test
    void innerProductOfOtherAxesRunsAsALayer() {
        steps(input(2, 3, 4, 5) + layer("ip", "InnerProduct", "data", "ip", "inner_product_param { num_output: 6 axis: 2 }"));
        steps(input(2, 3, 4, 5) + layer("ip", "InnerProduct", "data", "ip", "inner_product_param { num_output: 6 axis: -1 }"));
    }

    @Test
    void dropsDropoutAndSplit() {
        assertSteps("ip", input(2, 7) + layer("ip", "InnerProduct", "data", "ip", "inner_product_param { num_output: 6 }")
                + layer("d", "Dropout", "ip", "ip", "") + relu("r", "ip"));
        assertSteps("ip", input(2, 7) + layer("ip", "InnerProduct", "data", "ip", "inner_product_param { num_output: 6 }")
                + layer("d", "Dropout", "ip", "d", ""));
        assertSteps("ip", input(2, 7) + layer("ip", "InnerProduct", "data", "ip", "inner_product_param { num_output: 6 }")
                + layer("d", "Dropout", "ip", "d", ""), "ip");
        assertSteps("", input(2, 7) + layer("d", "Dropout", "data", "d", ""));
    }

    @Test
    void severalOutputsOneOfThemAlsoRead() {
        String net = input(2, 3, 9, 9) + conv("a", "data", 8, "kernel_size: 3") + relu("ra", "a") + conv("b", "a", 8, "kernel_size: 1")
                + conv("c", "a", 4, "kernel_size: 1") + layer("s", "Softmax", "c", "s", "");
        assertSteps("a b c s", net);
        assertSteps("a b c s", net, "a", "c");
    }

    @Test
    void sharedWeightsAreFoldedApart() {
        String shared = "convolution_param { num_output: 4 kernel_size: 3 } param { name: 'w' } param { name: 'b' }";
        steps(input(2, 4, 9, 9) + layer("c", "Convolution", "data", "c", shared) + BATCH_NORM + SCALE + layer("k", "Convolution", "c", "k", shared));
    }

    @Test
    void layersThatThePlanLacksRunBetweenItsPieces() {
        steps(input(2, 4, 9, 9) + conv("a", "data", 4, "kernel_size: 3") + layer("t", "Im2col", "a", "t", "convolution_param { kernel_size: 1 }")
                + conv("b", "t", 4, "kernel_size: 1") + layer("sum", "Eltwise", "b t", "sum", "") + relu("r", "sum")
                + layer("m", "Threshold", "sum", "m", "") + conv("c", "m", 3, "kernel_size: 1")
                + layer("sp", "SPP", "c", "sp", "spp_param { pyramid_height: 2 pool: MAX }"));
    }

    @Test
    void aLayerOutsideOfThePlanAndOneInsideReadTheSameBlob() {
        steps(input(2, 3, 9, 9) + conv("c", "data", 8, "kernel_size: 3") + layer("e", "Threshold", "c", "e", "") + conv("k", "c", 8, "kernel_size: 1")
                + layer("sum", "Eltwise", "e k", "sum", ""));
    }

    @Test
    void theLossOfATestNetStays() {
        steps("layer { name: 'data' type: 'DummyData' top: 'data' top: 'label' dummy_data_param { shape { dim: 4 dim: 3 } shape { dim: 4 }"
                + " data_filler { type: 'constant' value: 0.5 } data_filler { type: 'constant' value: 1 } } } "
                + layer("ip", "InnerProduct", "data", "ip", "inner_product_param { num_output: 6 }")
                + layer("loss", "SoftmaxWithLoss", "ip label", "loss", "") + layer("acc", "Accuracy", "ip label", "acc", ""));
    }

    @Test
    void shapesMayChange() {
        try (OptimizedPair pair = OptimizedPair.of(input(1, 3, 9, 9) + conv("a", "data", 16, "kernel_size: 3 pad: 1") + relu("ra", "a")
                + conv("b", "a", 16, "kernel_size: 3 pad: 1") + layer("sum", "Eltwise", "a b", "sum", "")
                + layer("p", "Pooling", "sum", "p", "pooling_param { pool: AVE global_pooling: true }")
                + layer("ip", "InnerProduct", "p", "ip", "inner_product_param { num_output: 6 }"))) {
            pair.optimize();
            long[][] shapes = {{1, 3, 9, 9}, {5, 3, 9, 9}, {1, 3, 9, 9}, {2, 3, 17, 8}, {1, 3, 30, 30}, {3, 3, 4, 4}, {1, 3, 5, 5}, {5, 3, 9, 9}};
            for (long[] shape : shapes) {
                Blob input = pair.plain.inputs().get(0);
                input.reshape(shape);
                pair.randomizeInputs();
                pair.check();
            }
        }
    }

    /** An inner product reads plain weights for one row and packed ones for eight: what is kept for one row is made again. */
    @Test
    void weightsPackedForOneShapeAreNotKeptPlainForAnother() {
        assumeFalse(TestDevice.isGpu(), "on a GPU weights are not packed");
        String net = input(1, 8, 6, 6) + conv("c", "data", 8, "kernel_size: 3") + layer("ip", "InnerProduct", "c", "ip",
                "inner_product_param { num_output: 40 }");
        try (OptimizedPair apart = OptimizedPair.of(net); OptimizedPair pair = OptimizedPair.of(net)) {
            apart.optimize();
            pair.optimize();
            long forEight = checkWithBatch(apart, 8);
            long forOne = checkWithBatch(pair, 1);
            assertEquals(forEight, checkWithBatch(pair, 8), "values for one image are gone with the plan that had plain weights");
            assertEquals(forOne + forEight, checkWithBatch(pair, 1), "one image can be computed with packed weights");
            assertEquals(forOne + forEight, checkWithBatch(pair, 8));
            assertEquals(forOne + forEight, checkWithBatch(pair, 1));
        }
    }

    /** Returns the bytes of values for all shapes that are kept. */
    private static long checkWithBatch(OptimizedPair pair, int batch) {
        pair.plain.inputs().get(0).reshape(batch, 8, 6, 6);
        pair.randomizeInputs();
        pair.check();
        return pair.optimized.plan().activationBytes();
    }

    @Test
    void valuesInsideShareMemory() {
        StringBuilder net = new StringBuilder(input(1, 16, 32, 32));
        String last = "data";
        for (int i = 0; i < 12; i++) {
            net.append(conv("c" + i, last, 16, "kernel_size: 3 pad: 1")).append(layer("r" + i, "ReLU", "c" + i, "r" + i, ""));
            last = "r" + i;
        }
        net.append(layer("p", "Pooling", last, "p", "pooling_param { pool: AVE global_pooling: true }"));
        try (OptimizedPair pair = OptimizedPair.of(net.toString())) {
            InferencePlan plan = pair.optimize();
            pair.check();
            long plain = pair.plain.blobs().stream().mapToLong(Blob::count).sum() * Float.BYTES;
            assertTrue(plan.activationBytes() <= plain / 8, () -> plan.activationBytes() + " bytes of " + plain);
            assertEquals(plan.weightBytes() >> 10, 12 * (16 * 16 * 9 + 16) * Float.BYTES >> 10, 2);
            assertFalse(pair.optimized.blobs().isEmpty());
        }
    }

    @Test
    void layoutsTravel() {
        try (OptimizedPair pair = OptimizedPair.of(input(1, 3, 32, 32) + conv("a", "data", 16, "kernel_size: 3") + relu("r", "a")
                + layer("p", "Pooling", "a", "p", "pooling_param { kernel_size: 3 stride: 2 }")
                + layer("n", "LRN", "p", "n", "lrn_param { alpha: 1e-4 }") + conv("b", "n", 16, "kernel_size: 1") + conv("c", "n", 16, "kernel_size: 1")
                + layer("cat", "Concat", "b c", "cat", "") + layer("sum", "Eltwise", "cat cat", "sum", "")
                + layer("g", "Pooling", "sum", "g", "pooling_param { pool: AVE global_pooling: true }"))) {
            InferencePlan plan = pair.optimize();
            pair.check();
            long before = pair.context.reorders();
            pair.optimized.forward();
            assertEquals(plan.reorders(), pair.context.reorders() - before);
            assertTrue(plan.reorders() <= 1, () -> "only the image may be converted: " + plan.steps());
        }
    }
}
