package org.caffe4j.optimize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.Net;
import org.caffe4j.TestDevice;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Scale and Bias over two bottoms or other axes than the channels' in optimised nets, above all in squeeze-and-excitation blocks. */
class BroadcastTest {
    private static final String PRODUCT = "inner_product_param { num_output: ";

    /**
     * Two residual blocks whose bodies are scaled by channel: the factors of the first come from inner products, those of the second from
     * convolutions 1×1.
     */
    private static String squeezeAndExcitation(int batch) {
        return "layer { name: 'data' type: 'Input' top: 'data' input_param { shape { dim: " + batch + " dim: 3 dim: 21 dim: 19 } } } "
                + conv("stem", "data", 32, "kernel_size: 3 pad: 1") + relu("stem")
                + body("a", "stem") + layer("a_flat", "Flatten", "a_pool", "")
                + layer("a_fc1", "InnerProduct", "a_flat", PRODUCT + "4 }") + relu("a_fc1")
                + layer("a_fc2", "InnerProduct", "a_fc1", PRODUCT + "32 }")
                + inPlace("a_sigmoid", "Sigmoid", "a_fc2") + layer("a_scale", "Scale", "a_conv a_fc2", "scale_param { axis: 0 }")
                + layer("a", "Eltwise", "stem a_scale", "") + relu("a")
                + body("b", "a") + conv("b_down", "b_pool", 4, "kernel_size: 1") + relu("b_down") + conv("b_up", "b_down", 32, "kernel_size: 1")
                + inPlace("b_sigmoid", "Sigmoid", "b_up") + layer("b_flat", "Reshape", "b_up", "reshape_param { shape { dim: 0 dim: 0 } }")
                + layer("b_scale", "Scale", "b_conv b_flat", "scale_param { axis: 0 }")
                + layer("b", "Eltwise", "b_scale a", "") + relu("b") + conv("last", "b", 8, "kernel_size: 3");
    }

    private static String body(String name, String bottom) {
        return conv(name + "_conv", bottom, 32, "kernel_size: 3 pad: 1") + inPlace(name + "_bn", "BatchNorm", name + "_conv")
                + layer(name + "_pool", "Pooling", name + "_conv", "pooling_param { pool: AVE global_pooling: true }");
    }

    private static String layer(String name, String type, String bottoms, String more) {
        return PrecisionTest.layer(name, type, bottoms, more);
    }

    private static String conv(String name, String bottom, int outputs, String more) {
        return layer(name, "Convolution", bottom, "convolution_param { num_output: " + outputs + " " + more + " }");
    }

    private static String inPlace(String name, String type, String blob) {
        return "layer { name: '" + name + "' type: '" + type + "' bottom: '" + blob + "' top: '" + blob + "' } ";
    }

    private static String relu(String blob) {
        return inPlace(blob + "_relu", "ReLU", blob);
    }

    private static List<String> layers(InferencePlan plan) {
        return plan.steps().stream().filter(step -> !step.kernel().startsWith("reorder")).map(PlanStep::layer).toList();
    }

    /** Nor reference kernels. */
    private static void assertNoLayers(InferencePlan plan) {
        assertEquals(List.of(), plan.steps().stream().filter(step -> step.kernel().equals("layer") || step.kernel().contains("ref:")).toList());
    }

    @Test
    void squeezeAndExcitationIsOnePlanThatConvertsItsImageOnly() {
        try (OptimizedPair pair = OptimizedPair.of(squeezeAndExcitation(1))) {
            InferencePlan plan = pair.optimize();
            pair.check();
            if (!TestDevice.isGpu()) {
                assertEquals("stem a_conv a_pool a_fc1 a_fc2 a_scale b_conv b_pool b_down b_up b_scale last", String.join(" ", layers(plan)));
                assertNoLayers(plan);
                assertTrue(plan.reorders() <= 1, () -> "only the image may be converted: " + plan.steps());
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void squeezeAndExcitationInEachPrecisionForAnyBatch(Precision precision) {
        PrecisionTest.requireFast(precision, "not tested: " + precision);
        try (OptimizedPair pair = OptimizedPair.of(squeezeAndExcitation(2))) {
            pair.optimize(OptimizeOptions.defaults().precision(precision));
            for (long[] shape : new long[][] {{2, 3, 21, 19}, {1, 3, 21, 19}, {9, 3, 40, 40}, {3, 3, 7, 9}}) {
                pair.plain.inputs().get(0).reshape(shape);
                pair.randomizeInputs();
                pair.check();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"a_conv", "a_scale", "a_fc2", "a", "b_flat", "b_scale b_conv"})
    void whatIsKeptIsWhatItIsInTheNet(String kept) {
        try (OptimizedPair pair = OptimizedPair.of(squeezeAndExcitation(2))) {
            pair.optimize(kept.split(" "));
            pair.check(kept.split(" "));
        }
    }

    @Test
    void replicasComputeTheSame() {
        try (OptimizedPair pair = OptimizedPair.of(squeezeAndExcitation(2)
                + layer("s", "Scale", "last", "scale_param { axis: 2 num_axes: 1 bias_term: true }"))) {
            pair.optimize();
            pair.check();
            float[] expected = pair.optimized.outputs().get(0).data().toArray();
            try (Context context = TestDevice.context(1); Net replica = pair.optimized.replica(context, OptimizeOptions.defaults())) {
                replica.inputs().get(0).data().set(pair.plain.inputs().get(0).data().toArray());
                replica.forward();
                float[] actual = replica.outputs().get(0).data().toArray();
                for (int i = 0; i < expected.length; i++) {
                    assertEquals(expected[i], actual[i], 1e-5, "value " + i);
                }
            }
        }
    }

    /** The operand's shape is that of the axes from {@code axis} on. */
    @ParameterizedTest
    @CsvSource({"0, 3", "0, 3 6", "0, 3 6 4", "0, 3 6 4 5", "1, 6", "1, 6 4", "1, 6 4 5", "-2, 4", "2, 4 5", "-1, 5"})
    void operandsOfAnyAxes(int axis, String operand) {
        String shape = "shape { dim: " + operand.replace(" ", " dim: ") + " }";
        String inputs = "layer { name: 'data' type: 'Input' top: 'data' top: 'f' input_param { shape { dim: 3 dim: 6 dim: 4 dim: 5 } " + shape
                + " } } ";
        String c = inputs + conv("c", "data", 6, "kernel_size: 1");
        for (String type : new String[] {"Scale", "Scale bias", "Bias"}) {
            String name = type.split(" ")[0];
            String bias = type.contains(" ") ? " bias_term: true bias_filler { value: 0.5 }" : "";
            String param = name.toLowerCase() + "_param { axis: " + axis + bias + " }";
            String s = layer("s", name, "c f", param);
            check(inputs + s.replace("'c'", "'data'") + relu("s") + conv("k", "s", 4, "kernel_size: 1"));
            check(c + s + conv("k", "s", 6, "kernel_size: 1") + layer("sum", "Eltwise", "s k", "eltwise_param { coeff: 1 coeff: 0.5 }"));
            check(c + s.replace("top: 's'", "top: 'c'") + conv("k", "c", 6, "kernel_size: 1"));
            check(c + s + layer("sum", "Eltwise", "c s", "") + relu("sum"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"axis: 0 num_axes: 1", "axis: 0 num_axes: -1", "num_axes: 0", "axis: 1 num_axes: 2", "axis: 1 num_axes: -1", "axis: 2",
        "axis: -1"})
    void learnedOperandsOfAnyAxes(String axes) {
        String data = "layer { name: 'data' type: 'Input' top: 'data' input_param { shape { dim: 3 dim: 6 dim: 4 dim: 5 } } } ";
        for (String type : new String[] {"Scale", "Bias"}) {
            for (String more : type.equals("Scale") ? new String[] {"", " bias_term: true"} : new String[] {""}) {
                String layer = layer("s", type, "c", type.toLowerCase() + "_param { " + axes + more + " }");
                check(data + conv("c", "data", 6, "kernel_size: 1") + layer + relu("s") + conv("k", "s", 4, "kernel_size: 1"));
                check(data + layer.replace("'c'", "'data'"));
            }
        }
    }

    private static void check(String net) {
        try (OptimizedPair pair = OptimizedPair.of(net)) {
            InferencePlan plan = pair.optimize();
            pair.check();
            if (!TestDevice.isGpu()) {
                assertNoLayers(plan);
            }
        }
    }

    /** Each image's factors are its own, whatever the images of the batch that are computed at a time. */
    @Test
    void batchesInParts() {
        String net = "layer { name: 'data' type: 'Input' top: 'data' top: 'f' input_param { shape { dim: 24 dim: 8 dim: 64 dim: 64 }"
                + " shape { dim: 24 dim: 8 } } } " + conv("a", "data", 8, "kernel_size: 3 pad: 1")
                + layer("s", "Scale", "a f", "scale_param { axis: 0 }") + layer("m", "MVN", "s", "")
                + layer("e", "BNLL", "m", "") + layer("t", "Tile", "e", "tile_param { tiles: 2 }")
                + conv("b", "t", 8, "kernel_size: 3 pad: 1") + layer("max", "ArgMax", "b", "argmax_param { axis: 1 out_max_val: true }")
                + layer("r", "Reduction", "b", "reduction_param { axis: 1 operation: SUMSQ coeff: 0.001 }");
        try (OptimizedPair pair = OptimizedPair.of(net)) {
            InferencePlan plan = pair.optimize();
            pair.check();
            long all = pair.plain.blobs().stream().mapToLong(Blob::count).sum() * Float.BYTES;
            if (!TestDevice.isGpu()) {
                assertTrue(layers(plan).stream().filter("s"::equals).count() > 1, () -> "in parts: " + plan.steps());
                assertTrue(plan.activationBytes() <= all / 4, () -> plan.activationBytes() + " bytes of " + all);
            }
            for (long[] shape : new long[][] {{5, 8, 64, 64}, {1, 8, 64, 64}, {8, 8, 64, 64}}) {
                pair.plain.inputs().get(0).reshape(shape);
                pair.plain.inputs().get(1).reshape(Arrays.copyOf(shape, 2));
                pair.randomizeInputs();
                pair.check();
            }
        }
    }
}
