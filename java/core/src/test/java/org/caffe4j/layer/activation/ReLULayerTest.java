package org.caffe4j.layer.activation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import org.caffe4j.layer.GradientCheck;
import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.api.Test;

class ReLULayerTest {
    @Test
    void cutsOffNegativeValues() {
        try (LayerRunner run = LayerRunner.of("type: 'ReLU'", 1, new long[] {2, 2})) {
            run.bottom.get(0).data().set(-1, 2, 0, -3);
            assertArrayEquals(new float[] {0, 2, 0, 0}, run.forward());
        }
    }

    @Test
    void gradientWithSlope() {
        try (LayerRunner run = LayerRunner.of("type: 'ReLU' relu_param { negative_slope: 0.2 }", 1, new long[] {2, 3, 4})) {
            new GradientCheck(1e-2, 1e-3).kink(0, 0.02).check(run.fillAll(1));
        }
    }

    @Test
    void inPlaceReadsTheOutput() {
        try (LayerRunner run = LayerRunner.of("type: 'ReLU' relu_param { negative_slope: 0.5 }", 1, new long[] {4}).inPlace()) {
            run.bottom.get(0).data().set(-1, 2, 0, -3);
            assertArrayEquals(new float[] {-0.5f, 2, 0, -1.5f}, run.forward());
            run.bottom.get(0).diff().set(1, 1, 1, 1);
            run.backward();
            assertArrayEquals(new float[] {0.5f, 1, 0.5f, 0.5f}, run.bottom.get(0).diff().toArray());
        }
    }
}
