package org.caffe4j.layer.pooling;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.caffe4j.NetDefinitionException;
import org.caffe4j.Phase;
import org.caffe4j.ShapeException;
import org.caffe4j.TestDevice;
import org.caffe4j.layer.GradientCheck;
import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PoolingLayerTest {
    private static LayerRunner pooling(String param, int tops, long... shape) {
        return LayerRunner.of("type: 'Pooling' pooling_param { " + param + " }", tops, shape);
    }

    @ParameterizedTest
    @CsvSource({
        "kernel_size: 3 stride: 2, 9, 8, 4, 4", // 2.5 rounds up
        "kernel_size: 3 stride: 2 round_mode: FLOOR, 9, 8, 4, 3",
        "kernel_size: 3 stride: 2 pad: 1, 9, 8, 5, 5",
        "kernel_size: 2 stride: 2 pad: 1, 4, 5, 3, 3", // the fourth window would begin beyond the padding
        "kernel_h: 2 kernel_w: 3 stride_h: 2 stride_w: 3 pad_h: 0 pad_w: 1, 9, 8, 5, 3",
        "kernel_size: 5 stride: 2, 4, 5, 1, 1", // a window larger than the image
        "global_pooling: true, 9, 8, 1, 1"})
    void outputSizes(String param, long height, long width, long outH, long outW) {
        try (LayerRunner run = pooling(param, 1, 2, 3, height, width)) {
            assertArrayEquals(new long[] {2, 3, outH, outW}, run.top.get(0).shape());
        }
    }

    @Test
    void theMaskTellsWhereTheMaximumWas() {
        try (LayerRunner run = pooling("kernel_size: 2 stride: 1", 2, 1, 1, 2, 3)) {
            run.bottom.get(0).data().set(1, 5, 2, 5, 4, 3);
            assertArrayEquals(new float[] {5, 5}, run.forward());
            assertArrayEquals(new float[] {1, 1}, run.top.get(1).data().toArray(), "of equal values the first");
        }
    }

    @Test
    void paddingCountsInTheMeanAndWhatLiesBeyondDoesNot() {
        try (LayerRunner run = pooling("pool: AVE kernel_size: 3 stride: 2 pad: 1", 1, 1, 1, 4, 4)) {
            run.bottom.get(0).data().fill(1);
            float[] means = {4 / 9f, 6 / 9f, 1 / 3f, 6 / 9f, 1, 0.5f, 1 / 3f, 0.5f, 0.25f};
            assertArrayEquals(means, run.forward(), 1e-6f);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"kernel_size: 3 stride: 2", "pool: AVE kernel_size: 3 stride: 2", "pool: AVE kernel_size: 3 stride: 2 pad: 1",
        "kernel_h: 3 kernel_w: 2 pad_h: 2 pad_w: 1 stride_h: 2 stride_w: 3 engine: CAFFE", "pool: AVE global_pooling: true"})
    void gradient(String param) {
        for (Phase phase : Phase.values()) {
            try (LayerRunner run = new LayerRunner(phase, "type: 'Pooling' pooling_param { " + param + " }", 1, new long[] {2, 3, 5, 6})) {
                new GradientCheck(1e-4, 1e-2).check(run.fillAll(1));
            }
        }
    }

    @Test
    void stochasticDrawsInTrainingAndExpectsInTesting() {
        String description = "type: 'Pooling' pooling_param { pool: STOCHASTIC kernel_size: 2 stride: 2 }";
        try (LayerRunner run = new LayerRunner(Phase.TRAIN, description, 1, new long[] {1, 1, 2, 4});
                LayerRunner test = new LayerRunner(Phase.TEST, description, 1, new long[] {1, 1, 2, 4})) {
            float[] x = {0, 3, 1, 0, 0, 0, 0, 1};
            run.bottom.get(0).data().set(x);
            assertArrayEquals(new float[] {3, 1}, run.forward());
            run.top.get(0).diff().set(5, 7);
            run.backward();
            float[] gradient = run.bottom.get(0).diff().toArray();
            assertEquals(5, gradient[1]);
            assertEquals(7, gradient[2] + gradient[7]);
            LayerRunner.fill(test.bottom.get(0).data(), 1, 0.1, 1);
            new GradientCheck(1e-2, 1e-3).check(test);
        }
    }

    @Test
    void globalPoolingFollowsTheImage() {
        try (LayerRunner run = pooling("global_pooling: true pool: AVE", 1, 1, 1, 2, 2)) {
            run.bottom.get(0).data().set(1, 2, 3, 4);
            assertEquals(2.5f, run.forward()[0]);
            run.bottom.get(0).reshape(1, 1, 3, 1);
            run.bottom.get(0).data().set(1, 2, 6);
            assertEquals(3, run.forward()[0]);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "kernel_size: 2 kernel_h: 2 kernel_w: 2", "kernel_h: 2", "kernel_size: 0", "kernel_size: 2 stride: 0",
        "kernel_size: 2 stride_h: 2", "kernel_size: 2 stride: 2 stride_h: 2 stride_w: 2", "kernel_size: 2 pad_w: 1", "kernel_size: 2 pad: 2",
        "kernel_size: 2 global_pooling: true", "global_pooling: true stride: 2", "kernel_size: 3 pad: 1 pool: STOCHASTIC",
        "kernel_size: 2 stride: 4294967295",
        "kernel_size: 2 engine: CUDNN"})
    void refusesWhatDoesNotFit(String param) {
        Assumptions.assumeFalse(TestDevice.isGpu() && param.contains("CUDNN"), "on a GPU engine: CUDNN is no error");
        assertThrows(NetDefinitionException.class, () -> pooling(param, 1, 1, 1, 4, 4));
    }

    @Test
    void refusesOtherShapes() {
        assertThrows(ShapeException.class, () -> pooling("kernel_size: 2", 1, 4, 4));
        assertThrows(ShapeException.class, () -> pooling("kernel_size: 9 stride: 2", 1, 1, 1, 4, 4));
    }
}
