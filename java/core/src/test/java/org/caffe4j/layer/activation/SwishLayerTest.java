package org.caffe4j.layer.activation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import org.caffe4j.Phase;
import org.caffe4j.layer.GradientCheck;
import org.caffe4j.layer.InPlaceCheck;
import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.api.Test;

class SwishLayerTest {
    @Test
    void values() {
        try (LayerRunner run = LayerRunner.of("type: 'Swish' swish_param { beta: 2 }", 1, new long[] {4})) {
            run.bottom.get(0).data().set(0, 1, -1, 100);
            assertArrayEquals(new float[] {0, 0.8807971f, -0.11920292f, 100}, run.forward(), 1e-6f);
        }
    }

    @Test
    void gradient() {
        for (String param : new String[] {"", "swish_param { beta: 1.5 }"}) {
            try (LayerRunner run = LayerRunner.of("type: 'Swish' " + param, 1, new long[] {2, 3, 5})) {
                LayerRunner.fill(run.bottom.get(0).data(), 1, -3, 3);
                new GradientCheck(1e-2, 2e-3).check(run);
            }
            InPlaceCheck.check(Phase.TEST, "type: 'Swish' " + param, -3, 3, new long[] {2, 3, 5});
        }
    }
}
