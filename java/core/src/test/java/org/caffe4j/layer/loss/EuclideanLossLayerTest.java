package org.caffe4j.layer.loss;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.caffe4j.ShapeException;
import org.caffe4j.layer.GradientCheck;
import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.api.Test;

class EuclideanLossLayerTest {
    @Test
    void halvesTheMeanSquaredDistance() {
        try (LayerRunner run = LayerRunner.of("type: 'EuclideanLoss'", 1, new long[] {2, 2}, new long[] {2, 2})) {
            run.bottom.get(0).data().set(1, 2, 3, 4);
            run.bottom.get(1).data().set(1, 0, 0, 0);
            assertEquals((4 + 9 + 16) / 4f, run.forward()[0]);
        }
    }

    @Test
    void gradientToBoth() {
        try (LayerRunner run = LayerRunner.of("type: 'EuclideanLoss'", 1, new long[] {3, 2, 2}, new long[] {3, 4})) {
            new GradientCheck(1e-2, 1e-3).check(run.fillAll(1));
        }
    }

    @Test
    void refusesShapesThatDoNotFit() {
        assertThrows(ShapeException.class, () -> LayerRunner.of("type: 'EuclideanLoss'", 1, new long[] {3, 2}, new long[] {3, 3}));
        assertThrows(ShapeException.class, () -> LayerRunner.of("type: 'EuclideanLoss'", 1, new long[] {3, 2}, new long[] {2, 3}));
    }
}
