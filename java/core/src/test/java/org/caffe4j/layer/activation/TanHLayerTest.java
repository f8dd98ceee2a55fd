package org.caffe4j.layer.activation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import org.caffe4j.Phase;
import org.caffe4j.layer.GradientCheck;
import org.caffe4j.layer.InPlaceCheck;
import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.api.Test;

class TanHLayerTest {
    @Test
    void values() {
        try (LayerRunner run = LayerRunner.of("type: 'TanH'", 1, new long[] {4})) {
            run.bottom.get(0).data().set(0, 1, -1, 100);
            assertArrayEquals(new float[] {0, 0.7615942f, -0.7615942f, 1}, run.forward(), 1e-6f);
        }
    }

    @Test
    void gradient() {
        for (String param : new String[] {""}) {
            try (LayerRunner run = LayerRunner.of("type: 'TanH' " + param, 1, new long[] {2, 3, 5})) {
                LayerRunner.fill(run.bottom.get(0).data(), 1, -2, 2);
                new GradientCheck(1e-2, 2e-3).check(run);
            }
            InPlaceCheck.check(Phase.TEST, "type: 'TanH' " + param, -2, 2, new long[] {2, 3, 5});
        }
    }
}
