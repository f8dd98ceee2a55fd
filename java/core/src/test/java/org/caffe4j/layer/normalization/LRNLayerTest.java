package org.caffe4j.layer.normalization;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.caffe4j.NetDefinitionException;
import org.caffe4j.ShapeException;
import org.caffe4j.TestDevice;
import org.caffe4j.layer.GradientCheck;
import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LRNLayerTest {
    private static LayerRunner lrn(String param, long... shape) {
        return LayerRunner.of("type: 'LRN' lrn_param { " + param + " }", 1, shape);
    }

    @Test
    void dividesByTheNeighbouringChannels() {
        try (LayerRunner run = lrn("local_size: 3 alpha: 3 beta: 1 k: 2", 1, 3, 1, 1)) {
            run.bottom.get(0).data().set(1, 2, 3);
            assertArrayEquals(new float[] {1 / 7f, 2 / 16f, 3 / 15f}, run.forward(), 1e-6f);
        }
    }

    @Test
    void withinAChannelIgnoresK() {
        try (LayerRunner run = lrn("local_size: 3 alpha: 9 beta: 1 k: 100 norm_region: WITHIN_CHANNEL", 1, 1, 2, 2)) {
            run.bottom.get(0).data().set(1, 2, 3, 4);
            assertArrayEquals(new float[] {1 / 31f, 2 / 31f, 3 / 31f, 4 / 31f}, run.forward(), 1e-6f);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "local_size: 3 alpha: 2 beta: 0.6 k: 3", "norm_region: WITHIN_CHANNEL local_size: 3", "engine: CAFFE local_size: 7"})
    void gradient(String param) {
        try (LayerRunner run = lrn(param, 2, 7, 3, 3)) {
            new GradientCheck(1e-2, 2e-3).check(run.fillAll(1));
        }
    }

    @Test
    void inPlaceItHasNoGradient() {
        try (LayerRunner run = lrn("", 1, 3, 2, 2).inPlace().fillAll(1);
                LayerRunner apart = lrn("", 1, 3, 2, 2).fillAll(1)) {
            assertArrayEquals(apart.forward(), run.forward());
            var e = assertThrows(NetDefinitionException.class, run::backward);
            assertTrue(e.getMessage().contains("in place"), e.getMessage());
        }
    }

    @Test
    void refusesEvenSizesAndOtherShapes() {
        var e = assertThrows(NetDefinitionException.class, () -> lrn("local_size: 4", 1, 3, 2, 2));
        assertTrue(e.getMessage().contains("LRN only supports odd values for local_size"), e.getMessage());
        assertThrows(ShapeException.class, () -> lrn("", 3, 2, 2));
    }

    @Test
    void refusesCudnnOnTheCpu() {
        Assumptions.assumeFalse(TestDevice.isGpu(), "on a GPU engine: CUDNN is no error");
        assertThrows(NetDefinitionException.class, () -> lrn("engine: CUDNN", 1, 3, 2, 2));
    }
}
