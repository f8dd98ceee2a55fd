package org.caffe4j.optimize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.caffe4j.Blob;
import org.caffe4j.CaffeException;
import org.caffe4j.Context;
import org.caffe4j.DataException;
import org.caffe4j.Net;
import org.caffe4j.ShapeException;
import org.caffe4j.io.FloatArray;
import org.caffe4j.io.Golden;
import org.caffe4j.io.PrototxtReader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Nets of integers give what they give in float, within what the rounding loses; the arithmetic itself is tested bit for bit against a
 * simulation in quantized_plan_test.cpp.
 */
class Int8Test {
    private static final OptimizeOptions INT8 = OptimizeOptions.defaults().precision(Precision.INT8);
    private static final String TWO = PrecisionTest.INPUT + PrecisionTest.CONV + PrecisionTest.layer("r", "ReLU", "c", "")
            + PrecisionTest.layer("ip", "InnerProduct", "r", "inner_product_param { num_output: 21 }");

    private static void requireInt8() {
        PrecisionTest.requireFast(Precision.INT8, "int8 is not tested: this processor has neither VNNI nor AMX");
    }

    static List<String> layerCases() throws IOException {
        return OptimizedModelsTest.layerCases();
    }

    /** Not mtcnn_kpzhang93_det1: the numbers that it makes of noise are differences of products a hundred times as large. */
    @ParameterizedTest
    @ValueSource(strings = {"lenet_ethereon", "lenet_everpeace_V1", "cifar10_quick_h5", "squeezenet_dc", "mtcnn_kpzhang93_det2",
        "mtcnn_kpzhang93_det3"})
    void real(String name) throws IOException {
        requireInt8();
        OptimizedModelsTest.replay(Golden.model(name), INT8);
    }

    /** The second number is that of layers with weights that multiply integers: all of them. */
    @ParameterizedTest
    @CsvSource({"caffenet, 8", "googlenet, 58", "resnet_50, 54", "squeezenet_1.1, 26", "mobilenet_v2, 54", "lenet, 4", "nin_cifar10, 9"})
    void example(String name, int layers) {
        requireInt8();
        Path file = OptimizedModelsTest.MODELS.resolve(name).resolve("deploy.prototxt");
        try (OptimizedPair pair = new OptimizedPair(PrototxtReader.readNet(file))) {
            pair.randomizeWeights();
            long[] shape = pair.plain.inputs().get(0).shape();
            shape[0] = 1;
            pair.plain.inputs().get(0).reshape(shape);
            pair.randomizeInputs();
            String scores = pair.plain.bottomNames(pair.plain.layers().size() - 1).get(0);
            long weights = pair.plain.params().values().stream().flatMap(List::stream).mapToLong(Blob::count).sum() * Float.BYTES;
            InferencePlan plan = pair.optimize(INT8.keep(scores));
            assertEquals(Precision.INT8, plan.precision());
            pair.checkOnly(scores);
            assertEquals(List.of(), plan.steps().stream().filter(step -> step.kernel().contains("ref")).toList());
            assertEquals(layers, multiplying(plan).size(), plan.steps()::toString);
            assertTrue(plan.weightBytes() < 0.29 * weights, () -> plan.weightBytes() + " bytes of " + weights);
            shape[0] = 3;
            pair.plain.inputs().get(0).reshape(shape);
            pair.randomizeInputs();
            pair.checkOnly(scores);
            assertTrue(plan.weightBytes() < 0.29 * weights, "another batch size needs no other weights");
        }
    }

    /** Layers that multiply integers with weights. */
    private static Set<String> multiplying(InferencePlan plan) {
        return plan.steps().stream().filter(step -> step.precision() == Precision.INT8 && step.kernel().startsWith("br"))
                .map(PlanStep::layer).collect(Collectors.toSet());
    }

    /** Not Exp, which makes errors larger than it makes values. */
    static List<String> layers() {
        return PrecisionTest.layers().stream().filter(layer -> !layer.equals("Exp:")).toList();
    }

    @ParameterizedTest
    @MethodSource("layers")
    void layersBehindAndBeforeConvolutions(String layer) {
        requireInt8();
        PrecisionTest.checkLayer(layer, INT8);
    }

    @ParameterizedTest
    @MethodSource("org.caffe4j.optimize.PrecisionTest#combinationLayers")
    void combinations(String layer) {
        requireInt8();
        PrecisionTest.checkCombination(layer, INT8);
    }

    @Test
    void samplesLeaveTheNetAsItWas() {
        requireInt8();
        try (OptimizedPair pair = OptimizedPair.of(TWO)) {
            Blob input = pair.optimized.inputs().get(0);
            float[] before = pair.plain.inputs().get(0).data().toArray();
            input.data().set(before);
            List<FloatArray> samples = List.of(array(1, 3, 17, 17), array(3, 17, 17), array(4, 3, 17, 17));
            pair.optimize(INT8.calibration(Calibration.of(samples)));
            assertArrayEquals(new long[] {2, 3, 17, 17}, input.shape());
            assertArrayEquals(before, input.data().toArray());
            pair.check();
        }
    }

    private static FloatArray array(long... shape) {
        int count = 1;
        for (long dim : shape) {
            count *= (int) dim;
        }
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) Math.sin(i * 1.7);
        }
        return new FloatArray(shape, values);
    }

    @Test
    void withoutSamplesItIsRefused() {
        try (OptimizedPair pair = OptimizedPair.of(TWO)) {
            IllegalArgumentException refused = assertThrows(IllegalArgumentException.class, () -> pair.optimized.optimize(INT8));
            assertTrue(refused.getMessage().contains("calibration") && refused.getMessage().contains("test"), refused.getMessage());
            pair.optimize();  // the net is as it was
            pair.check();
        }
        assertThrows(IllegalArgumentException.class, () -> Calibration.of(List.of()));
        assertThrows(IllegalArgumentException.class, () -> Calibration.ofData(0));
        assertThrows(NullPointerException.class, () -> INT8.calibration(null));
    }

    @Test
    void wrongSamplesAreRefusedAndTheNetStaysFloat() {
        requireInt8();
        FloatArray nan = array(1, 3, 17, 17);
        nan.values()[40] = Float.NaN;
        FloatArray huge = array(1, 3, 17, 17);
        huge.values()[40] = Float.POSITIVE_INFINITY;
        refuses(DataException.class, List.of(array(1, 3, 17, 17), nan), "sample 1", "finite");
        refuses(DataException.class, List.of(huge), "sample 0", "finite");
        refuses(ShapeException.class, List.of(array(1, 3, 17, 16)), "sample 0", "1 3 17 16", "'data'");
        refuses(ShapeException.class, List.of(array(17, 17)), "sample 0");
        refuses(ShapeException.class, List.of(array(0, 3, 17, 17)), "sample 0");
    }

    private static void refuses(Class<? extends CaffeException> type, List<FloatArray> samples, String... words) {
        try (OptimizedPair pair = OptimizedPair.of(TWO)) {
            CaffeException refused = assertThrows(type, () -> pair.optimize(INT8.calibration(Calibration.of(samples))));
            for (String word : words) {
                assertTrue(refused.getMessage().contains(word), refused.getMessage());
            }
            assertEquals(Precision.F32, pair.optimized.plan().precision());
            pair.check();
        }
    }

    @Test
    void replicasShareWeightsAndRanges() {
        requireInt8();
        try (OptimizedPair pair = OptimizedPair.of(TWO); Context other = Context.cpu(1)) {
            pair.optimize(INT8);
            pair.check();
            float[] expected = pair.optimized.outputs().get(0).data().toArray();
            try (Net replica = pair.optimized.replica(other, INT8)) {
                assertEquals(Precision.INT8, replica.plan().precision());
                replica.inputs().get(0).data().set(pair.plain.inputs().get(0).data().toArray());
                replica.forward();
                assertArrayEquals(expected, replica.outputs().get(0).data().toArray());
                assertEquals(pair.optimized.plan().weightBytes(), replica.plan().weightBytes());
            }
        }
    }

    @Test
    void whatTheProcessorLacksFallsBackToFloat() {
        try (OptimizedPair pair = OptimizedPair.of(TWO)) {
            assertEquals(Precision.INT8.isFast() ? Precision.INT8 : Precision.F32, pair.optimize(INT8).precision());
            pair.check();
        }
    }
}
