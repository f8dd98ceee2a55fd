package org.caffe4j.layer.activation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import org.caffe4j.Phase;
import org.caffe4j.layer.GradientCheck;
import org.caffe4j.layer.InPlaceCheck;
import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.api.Test;

class PowerLayerTest {
    @Test
    void values() {
        try (LayerRunner run = LayerRunner.of("type: 'Power' power_param { power: 2 scale: 0.5 shift: 1 }", 1, new long[] {4})) {
            run.bottom.get(0).data().set(0, 1, -1, 4);
            assertArrayEquals(new float[] {1, 2.25f, 0.25f, 9}, run.forward(), 1e-6f);
        }
    }

    @Test
    void gradient() {
        for (String param : new String[] {"", "power_param { scale: -2 shift: 1 }", "power_param { power: 2 }",
            "power_param { power: 3 scale: 0.5 shift: 1 }", "power_param { power: 0.5 }", "power_param { power: -1.5 }",
            "power_param { power: 0 }",
            "power_param { scale: 0 shift: 3 }"}) {
            try (LayerRunner run = LayerRunner.of("type: 'Power' " + param, 1, new long[] {2, 3, 5})) {
                LayerRunner.fill(run.bottom.get(0).data(), 1, 0.5, 2);
                new GradientCheck(1e-2, 2e-3).check(run);
            }
            InPlaceCheck.check(Phase.TEST, "type: 'Power' " + param, 0.5, 2, new long[] {2, 3, 5});
        }
    }

    @Test
    void constantWhenTheInputHasNoPart() {
        try (LayerRunner run = LayerRunner.of("type: 'Power' power_param { power: 2 scale: 0 shift: 3 }", 1, new long[] {2})) {
            assertArrayEquals(new float[] {9, 9}, run.forward());
        }
        try (LayerRunner run = LayerRunner.of("type: 'Power' power_param { power: 0 shift: 3 }", 1, new long[] {2})) {
            assertArrayEquals(new float[] {1, 1}, run.forward());
        }
    }
}
