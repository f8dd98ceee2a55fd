package org.caffe4j.optimize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.Device;
import org.caffe4j.Net;
import org.caffe4j.TestDevice;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is left of a net that is optimised on a GPU; OptimizeTest compares its results. */
class OptimizeOnGpuTest {
    /** A residual block with its own blob for each layer; the first convolution has no bias of its own. */
    private static final String BLOCK = """
            layer { name: 'data' type: 'Input' top: 'data' input_param { shape { dim: 2 dim: 3 dim: 7 dim: 7 } } }
            layer { name: 'c' type: 'Convolution' bottom: 'data' top: 'c' convolution_param { num_output: 8 kernel_size: 3 pad: 1 bias_term: false } }
            layer { name: 'n' type: 'BatchNorm' bottom: 'c' top: 'n' }
            layer { name: 's' type: 'Scale' bottom: 'n' top: 's' scale_param { bias_term: true } }
            layer { name: 'r' type: 'ReLU' bottom: 's' top: 'r' }
            layer { name: 'd' type: 'Dropout' bottom: 'r' top: 'd' }
            layer { name: 'k' type: 'Convolution' bottom: 'd' top: 'k' convolution_param { num_output: 8 kernel_size: 3 pad: 1 } }
            layer { name: 'm' type: 'BatchNorm' bottom: 'k' top: 'k' }
            layer { name: 'sum' type: 'Eltwise' bottom: 'd' bottom: 'k' top: 'sum' }
            layer { name: 'alone' type: 'BatchNorm' bottom: 'sum' top: 'alone' }
            layer { name: 'f' type: 'Flatten' bottom: 'alone' top: 'f' }
            layer { name: 'p' type: 'PReLU' bottom: 'f' top: 'p' }
            layer { name: 'ip' type: 'InnerProduct' bottom: 'p' top: 'ip' inner_product_param { num_output: 5 } }
            layer { name: 't' type: 'Sigmoid' bottom: 'ip' top: 't' }
            """;

    @BeforeEach
    void needsAGpu() {
        Assumptions.assumeTrue(TestDevice.isGpu(), "the device under test is the CPU");
    }

    @Test
    void affineLayersAndIdentitiesAreGoneAndActivationsAndSumsAreFused() {
        try (OptimizedPair pair = OptimizedPair.of(BLOCK)) {
            InferencePlan plan = pair.optimize();
            pair.check();
            assertEquals("c k alone p ip", String.join(" ", plan.steps().stream().map(PlanStep::layer).toList()));
            for (String gone : new String[] {"c", "n", "s", "r", "d", "k", "sum", "alone", "f", "p", "ip"}) {
                assertThrows(IllegalStateException.class, () -> pair.optimized.blobByName(gone).data(), gone);
            }
            assertThrows(IllegalStateException.class, () -> pair.optimized.params().get("m").get(0).data());
            assertTrue(pair.optimized.timedForward().stream().allMatch(step -> step.nanos() > 0));
            assertEquals(2 * 2 * 8 * 7 * 7 * Float.BYTES, plan.activationBytes(), 2 * 256, "two values are alive at once");
        }
    }

    @Test
    void whatIsKeptIsThereAndNothingIsFusedAcrossIt() {
        try (OptimizedPair pair = OptimizedPair.of(BLOCK)) {
            InferencePlan plan = pair.optimize("r", "k", "f");
            pair.check("r", "k", "f");
            pair.randomizeInputs();
            pair.check("r", "k", "f");
            assertEquals("c k sum alone f p ip", String.join(" ", plan.steps().stream().map(PlanStep::layer).toList()));
            assertEquals(List.of("layer, fused", "layer", "epilogue", "epilogue", "copy", "layer", "layer, fused"),
                    plan.steps().stream().map(PlanStep::kernel).toList());
        }
    }

    @Test
    void valuesInOnePieceAreJoinedAndCutWithoutACopy() {
        String net = """
                layer { name: 'data' type: 'Input' top: 'data' input_param { shape { dim: 1 dim: 3 dim: 4 dim: 4 } } }
                layer { name: 'a' type: 'Convolution' bottom: 'data' top: 'a' convolution_param { num_output: 8 kernel_size: 1 } }
                layer { name: 'slice' type: 'Slice' bottom: 'a' top: 'l' top: 'r' slice_param { axis: 1 } }
                layer { name: 'b' type: 'Convolution' bottom: 'l' top: 'b' convolution_param { num_output: 4 kernel_size: 1 } }
                layer { name: 'act' type: 'TanH' bottom: 'r' top: 'r' }
                layer { name: 'c' type: 'Convolution' bottom: 'r' top: 'c' convolution_param { num_output: 4 kernel_size: 3 pad: 1 } }
                layer { name: 'cat' type: 'Concat' bottom: 'b' bottom: 'c' top: 'cat' }
                layer { name: 'max' type: 'Eltwise' bottom: 'b' bottom: 'l' top: 'max' eltwise_param { operation: MAX } }
                layer { name: 'both' type: 'Concat' bottom: 'cat' bottom: 'max' top: 'both' }
                layer { name: 'k' type: 'Convolution' bottom: 'both' top: 'k' convolution_param { num_output: 2 kernel_size: 1 } }
                """;
        try (OptimizedPair pair = OptimizedPair.of(net)) {
            InferencePlan plan = pair.optimize();
            pair.check();
            assertEquals("a b act c max k", String.join(" ", plan.steps().stream().map(PlanStep::layer).toList()));
        }
        try (OptimizedPair pair = OptimizedPair.of(net.replace("dim: 1 ", "dim: 2 "))) {
            InferencePlan plan = pair.optimize();
            pair.check();
            assertEquals("a slice slice b act c cat max both k", String.join(" ", plan.steps().stream().map(PlanStep::layer).toList()));
        }
    }

    @Test
    void aForwardCopiesTheInputAndTheOutputs() {
        try (OptimizedPair pair = OptimizedPair.of(BLOCK)) {
            pair.optimize();
            pair.check();
            Context.Transfers before = pair.context.transfers();
            for (int i = 0; i < 3; i++) {
                pair.optimized.inputs().get(0).data().set(pair.plain.inputs().get(0).data().toArray());
                pair.optimized.forward();
                pair.optimized.outputs().get(0).data().toArray();
            }
            Context.Transfers after = pair.context.transfers();
            assertEquals(3, after.toDevice() - before.toDevice(), "the input");
            assertEquals(3, after.toHost() - before.toHost(), "the output");
        }
    }

    @Test
    void anotherShapeAndBackAgain() {
        try (OptimizedPair pair = OptimizedPair.of(BLOCK.substring(0, BLOCK.indexOf("layer { name: 'f'")))) {
            pair.optimize();
            for (long size : new long[] {7, 9, 7, 4, 9}) {
                pair.plain.inputs().get(0).reshape(2, 3, size, size);
                pair.randomizeInputs();
                pair.check();
            }
        }
    }

    @Test
    void replicasUseTheSameMemoryForWeights() {
        try (OptimizedPair pair = OptimizedPair.of(BLOCK); Context other = TestDevice.context(1)) {
            pair.optimize();
            pair.check();
            try (Net replica = pair.optimized.replica(other, OptimizeOptions.defaults())) {
                replica.inputs().get(0).data().set(pair.plain.inputs().get(0).data().toArray());
                replica.forward();
                assertArrayEquals(pair.optimized.outputs().get(0).data().toArray(), replica.outputs().get(0).data().toArray());
                assertEquals(1, other.transfers().toDevice(), "the input; the weights are there");
                for (String layer : new String[] {"c", "k", "ip"}) {
                    Blob mine = replica.params().get(layer).get(0);
                    assertTrue(mine.data().sharesWith(pair.optimized.params().get(layer).get(0).data()), layer);
                }
                assertEquals(pair.optimized.plan().weightBytes(), replica.plan().weightBytes());
            }
        }
    }

    /** Fewer bits and Winograd's algorithm are for processors: whoever asks for them on a GPU gets floats, in replicas too. */
    @ParameterizedTest
    @CsvSource({"F32, true", "F32, false", "BF16, true", "INT8, false"})
    void whateverIsAskedForAGpuComputesWithFloats(Precision precision, boolean winograd) {
        OptimizeOptions options = OptimizeOptions.defaults().precision(precision).winograd(winograd);
        try (OptimizedPair pair = OptimizedPair.of(BLOCK); Context other = TestDevice.context(1)) {
            InferencePlan plan = pair.optimize(options);
            assertEquals(Precision.F32, plan.precision());
            assertTrue(plan.steps().stream().allMatch(step -> step.precision() == Precision.F32), plan.steps()::toString);
            pair.check(); // with the tolerance of floats
            try (Net replica = pair.optimized.replica(other, options)) {
                assertEquals(Precision.F32, replica.plan().precision());
                replica.inputs().get(0).data().set(pair.plain.inputs().get(0).data().toArray());
                replica.forward();
                assertArrayEquals(pair.optimized.outputs().get(0).data().toArray(), replica.outputs().get(0).data().toArray());
            }
        }
    }

    @Test
    void int8WithoutSamplesIsRefusedAsOnTheCpu() {
        try (OptimizedPair pair = OptimizedPair.of(BLOCK)) {
            IllegalArgumentException refused = assertThrows(IllegalArgumentException.class,
                    () -> pair.optimized.optimize(OptimizeOptions.defaults().precision(Precision.INT8)));
            assertTrue(refused.getMessage().contains("calibration"), refused.getMessage());
        }
    }

    @Test
    void anotherDeviceNeedsAPlanOfItsOwn() {
        try (OptimizedPair pair = OptimizedPair.of(BLOCK); Context cpu = Context.cpu(1)) {
            pair.optimize();
            assertThrows(RuntimeException.class, () -> pair.optimized.replica(cpu, OptimizeOptions.defaults()));
            if (Device.cudaCount() > 1) {
                try (Context second = Context.cuda(1)) {
                    assertThrows(RuntimeException.class, () -> pair.optimized.replica(second, OptimizeOptions.defaults()));
                }
            }
            pair.check();
        }
    }
}
