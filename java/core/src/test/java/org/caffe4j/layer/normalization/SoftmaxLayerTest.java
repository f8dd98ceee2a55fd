package org.caffe4j.layer.normalization;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.caffe4j.NetDefinitionException;
import org.caffe4j.ShapeException;
import org.caffe4j.TestDevice;
import org.caffe4j.layer.GradientCheck;
import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class SoftmaxLayerTest {
    @Test
    void sumsToOneAlongTheAxis() {
        try (LayerRunner run = LayerRunner.of("type: 'Softmax' softmax_param { axis: -2 }", 1, new long[] {2, 3, 4}).fillAll(1)) {
            float[] y = run.forward();
            for (int n = 0; n < 2; n++) {
                for (int i = 0; i < 4; i++) {
                    float sum = 0;
                    for (int c = 0; c < 3; c++) {
                        sum += y[(n * 3 + c) * 4 + i];
                    }
                    assertEquals(1, sum, 1e-6);
                }
            }
        }
    }

    @Test
    void inPlaceGivesTheSame() {
        try (LayerRunner run = LayerRunner.of("type: 'Softmax'", 1, new long[] {3, 5}).fillAll(2);
                LayerRunner inPlace = LayerRunner.of("type: 'Softmax'", 1, new long[] {3, 5}).inPlace().fillAll(2)) {
            assertArrayEquals(run.forward(), inPlace.forward());
        }
    }

    @Test
    void gradient() {
        for (long[] shape : new long[][] {{4, 7}, {2, 5, 3, 3}}) {
            try (LayerRunner run = LayerRunner.of("type: 'Softmax'", 1, shape)) {
                new GradientCheck(1e-2, 1e-3).check(run.fillAll(3));
            }
        }
    }

    @Test
    void refusesCudnnOnTheCpu() {
        Assumptions.assumeFalse(TestDevice.isGpu(), "on a GPU engine: CUDNN is no error");
        var e = assertThrows(NetDefinitionException.class,
                () -> LayerRunner.of("type: 'Softmax' softmax_param { engine: CUDNN }", 1, new long[] {2, 2}));
        assertTrue(e.getMessage().contains("has unknown engine"), e.getMessage());
    }

    @Test
    void refusesAnAxisThatDoesNotExist() {
        assertThrows(ShapeException.class, () -> LayerRunner.of("type: 'Softmax' softmax_param { axis: 2 }", 1, new long[] {2, 2}));
    }
}
