package org.caffe4j.optimize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.caffe4j.Context;
import org.caffe4j.Net;
import org.junit.jupiter.api.Test;

/** Nets with convolutions that Winograd's algorithm computes: they give what the nets as they are give. */
class WinogradTest {
    /** A residual block, a branch that is concatenated, and convolutions that the algorithm is not for. */
    private static final String NET = """
            layer { name: 'data' type: 'Input' top: 'data' input_param { shape { dim: 2 dim: 3 dim: 30 dim: 27 } } }
            layer { name: 'stem' type: 'Convolution' bottom: 'data' top: 'stem' convolution_param { num_output: 64 kernel_size: 3 pad: 1 } }
            layer { name: 'a' type: 'Convolution' bottom: 'stem' top: 'a' convolution_param { num_output: 64 kernel_size: 3 pad: 1 bias_term: false } }
            layer { name: 'bn' type: 'BatchNorm' bottom: 'a' top: 'a' }
            layer { name: 'scale' type: 'Scale' bottom: 'a' top: 'a' scale_param { bias_term: true } }
            layer { name: 'relu' type: 'ReLU' bottom: 'a' top: 'a' }
            layer { name: 'b' type: 'Convolution' bottom: 'a' top: 'b' convolution_param { num_output: 64 kernel_size: 3 pad: 1 } }
            layer { name: 'sum' type: 'Eltwise' bottom: 'stem' bottom: 'b' top: 'sum' }
            layer { name: 'prelu' type: 'PReLU' bottom: 'sum' top: 'sum' }
            layer { name: 'strided' type: 'Convolution' bottom: 'sum' top: 'strided' convolution_param { num_output: 96 kernel_size: 3 stride: 2 } }
            layer { name: 'left' type: 'Convolution' bottom: 'strided' top: 'left' convolution_param { num_output: 80 kernel_size: 3 pad: 1 } }
            layer { name: 'right' type: 'Convolution' bottom: 'strided' top: 'right' convolution_param { num_output: 48 kernel_size: 1 } }
            layer { name: 'concat' type: 'Concat' bottom: 'left' bottom: 'right' top: 'concat' }
            """;

    /** The layers; a batch may be computed in parts, each with a step. */
    private static List<String> byWinograd(InferencePlan plan) {
        return plan.steps().stream().filter(step -> step.kernel().startsWith("winograd")).map(PlanStep::layer).distinct().toList();
    }

    @Test
    void computesWhatTheNetComputes() {
        try (OptimizedPair pair = OptimizedPair.of(NET)) {
            InferencePlan plan = pair.optimize();
            pair.check();
            assertEquals(List.of("a", "b", "left"), byWinograd(plan));
            pair.plain.inputs().get(0).reshape(1, 3, 41, 34);
            pair.randomizeInputs();
            pair.check();
        }
    }

    @Test
    void computesInBf16() {
        PrecisionTest.requireBf16();
        OptimizeOptions bf16 = OptimizeOptions.defaults().precision(Precision.BF16);
        try (OptimizedPair pair = OptimizedPair.of(NET)) {
            InferencePlan plan = pair.optimize(bf16);
            pair.check();
            boolean matrices = plan.steps().stream().anyMatch(step -> step.kernel().contains("amx"));
            assertEquals(matrices ? List.of() : List.of("a", "b"), byWinograd(plan));
            assertTrue(plan.steps().stream().filter(step -> step.kernel().startsWith("winograd")).allMatch(step -> step.precision() == Precision.BF16));
            pair.plain.inputs().get(0).reshape(1, 3, 41, 34);
            pair.randomizeInputs();
            pair.check();
        }
        try (OptimizedPair pair = OptimizedPair.of(NET)) {
            InferencePlan plan = pair.optimize(bf16.winograd(false).keep("a", "sum"));
            pair.check("a", "sum");
            assertEquals(List.of(), byWinograd(plan));
        }
    }

    @Test
    void canBeSwitchedOff() {
        assertTrue(OptimizeOptions.defaults().winograd());
        OptimizeOptions off = OptimizeOptions.defaults().winograd(false).keep("sum").precision(Precision.F32);
        assertFalse(off.winograd());
        try (OptimizedPair pair = OptimizedPair.of(NET)) {
            InferencePlan plan = pair.optimize(off);
            pair.check("sum");
            assertEquals(List.of(), byWinograd(plan));
        }
    }

    @Test
    void givesTheSameValuesEachTimeAndInReplicas() {
        try (OptimizedPair pair = OptimizedPair.of(NET)) {
            pair.optimize();
            pair.check();
            float[] first = pair.optimized.outputs().get(0).data().toArray();
            assertTrue(Arrays.equals(first, forward(pair.optimized)));
            try (Context other = Context.cpu(1); Net replica = pair.optimized.replica(other, OptimizeOptions.defaults())) {
                replica.inputs().get(0).data().set(pair.plain.inputs().get(0).data().toArray());
                forward(replica);
                assertEquals(List.of("a", "b", "left"), byWinograd(replica.plan()));
                float[] theirs = replica.outputs().get(0).data().toArray();
                assertArrayEquals(first, theirs, 1e-4f * largest(first));
            }
        }
    }

    private static float[] forward(Net net) {
        net.forward();
        return net.outputs().get(0).data().toArray();
    }

    private static float largest(float[] values) {
        float largest = 0;
        for (float value : values) {
            largest = Math.max(largest, Math.abs(value));
        }
        return largest;
    }
}
