package org.caffe4j.layer.activation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.caffe4j.NetDefinitionException;
import org.caffe4j.Phase;
import org.caffe4j.layer.GradientCheck;
import org.caffe4j.layer.InPlaceCheck;
import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.api.Test;

class ExpLayerTest {
    @Test
    void values() {
        try (LayerRunner run = LayerRunner.of("type: 'Exp' exp_param { base: 2 scale: 3 shift: 1 }", 1, new long[] {4})) {
            run.bottom.get(0).data().set(0, 1, -1, 2);
            assertArrayEquals(new float[] {2, 16, 0.25f, 128}, run.forward(), 1e-6f);
        }
    }

    @Test
    void gradient() {
        for (String param : new String[] {"", "exp_param { base: 2 scale: 0.5 shift: 1 }"}) {
            try (LayerRunner run = LayerRunner.of("type: 'Exp' " + param, 1, new long[] {2, 3, 5})) {
                LayerRunner.fill(run.bottom.get(0).data(), 1, -1, 1);
                new GradientCheck(1e-2, 2e-3).check(run);
            }
            InPlaceCheck.check(Phase.TEST, "type: 'Exp' " + param, -1, 1, new long[] {2, 3, 5});
        }
    }

    @Test
    void baseMustBePositive() {
        assertThrows(NetDefinitionException.class, () -> LayerRunner.of("type: 'Exp' exp_param { base: 0 }", 1, new long[] {4}));
        assertThrows(NetDefinitionException.class, () -> LayerRunner.of("type: 'Exp' exp_param { base: -2 }", 1, new long[] {4}));
    }
}
