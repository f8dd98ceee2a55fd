package org.caffe4j.layer.activation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import org.caffe4j.Phase;
import org.caffe4j.layer.GradientCheck;
import org.caffe4j.layer.InPlaceCheck;
import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.api.Test;

class ELULayerTest {
    @Test
    void values() {
        try (LayerRunner run = LayerRunner.of("type: 'ELU' elu_param { alpha: 2 }", 1, new long[] {4})) {
            run.bottom.get(0).data().set(0, 1, -1, -100);
            assertArrayEquals(new float[] {0, 1, -1.2642411f, -2}, run.forward(), 1e-6f);
        }
    }

    @Test
    void gradient() {
        for (String param : new String[] {"", "elu_param { alpha: 0.5 }", "elu_param { alpha: -0.5 }"}) {
            try (LayerRunner run = LayerRunner.of("type: 'ELU' " + param, 1, new long[] {2, 3, 5})) {
                LayerRunner.fill(run.bottom.get(0).data(), 1, -2, 2);
                new GradientCheck(1e-2, 2e-3).kink(0, 0.02).check(run);
            }
            InPlaceCheck.check(Phase.TEST, "type: 'ELU' " + param, -2, 2, new long[] {2, 3, 5});
        }
    }
}
