package org.caffe4j.layer.shape;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.caffe4j.ShapeException;
import org.caffe4j.layer.GradientCheck;
import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.api.Test;

class ReductionLayerTest {
    private static float[] reduced(String param, long[] expectedShape) {
        try (LayerRunner run = LayerRunner.of("type: 'Reduction' reduction_param { " + param + " }", 1, new long[] {2, 3})) {
            run.bottom.get(0).data().set(1, -2, 3, 4, 5, -6);
            float[] y = run.forward();
            assertArrayEquals(expectedShape, run.top.get(0).shape(), param);
            return y;
        }
    }

    @Test
    void operations() {
        assertArrayEquals(new float[] {5}, reduced("", new long[] {}));
        assertArrayEquals(new float[] {2, 3}, reduced("axis: 1", new long[] {2}));
        assertArrayEquals(new float[] {12, 30}, reduced("axis: -1 operation: ASUM coeff: 2", new long[] {2}));
        assertArrayEquals(new float[] {14, 77}, reduced("axis: 1 operation: SUMSQ", new long[] {2}));
        assertArrayEquals(new float[] {2, 3}, reduced("axis: 1 operation: MEAN coeff: 3", new long[] {2}), 1e-6f);
    }

    @Test
    void gradients() {
        for (String operation : new String[] {"SUM", "ASUM", "SUMSQ", "MEAN"}) {
            for (int axis : new int[] {0, 1, 2, -1}) {
                String param = "operation: " + operation + " coeff: 1.5 axis: " + axis;
                try (LayerRunner run = LayerRunner.of("type: 'Reduction' reduction_param { " + param + " }", 1, new long[] {2, 3, 4})) {
                    new GradientCheck(1e-2, 2e-3).kink(0, 0.02).check(run.fillAll(1));
                }
            }
        }
    }

    @Test
    void axisMustExist() {
        assertThrows(ShapeException.class, () -> reduced("axis: 2", new long[] {}));
    }
}
