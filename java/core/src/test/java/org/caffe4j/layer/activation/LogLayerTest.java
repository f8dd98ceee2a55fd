package org.caffe4j.layer.activation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.caffe4j.NetDefinitionException;
import org.caffe4j.Phase;
import org.caffe4j.layer.GradientCheck;
import org.caffe4j.layer.InPlaceCheck;
import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.api.Test;

class LogLayerTest {
    @Test
    void values() {
        try (LayerRunner run = LayerRunner.of("type: 'Log' log_param { base: 2 scale: 3 shift: 1 }", 1, new long[] {4})) {
            run.bottom.get(0).data().set(0, 1, 5, 2);
            assertArrayEquals(new float[] {0, 2, 4, 2.807355f}, run.forward(), 1e-6f);
        }
    }

    @Test
    void gradient() {
        for (String param : new String[] {"", "log_param { base: 10 scale: 2 shift: 1 }"}) {
            try (LayerRunner run = LayerRunner.of("type: 'Log' " + param, 1, new long[] {2, 3, 5})) {
                LayerRunner.fill(run.bottom.get(0).data(), 1, 0.5, 3);
                new GradientCheck(1e-2, 2e-3).check(run);
            }
            InPlaceCheck.check(Phase.TEST, "type: 'Log' " + param, 0.5, 3, new long[] {2, 3, 5});
        }
    }

    @Test
    void baseMustBePositiveAndNotOne() {
        assertThrows(NetDefinitionException.class, () -> LayerRunner.of("type: 'Log' log_param { base: 0 }", 1, new long[] {4}));
        assertThrows(NetDefinitionException.class, () -> LayerRunner.of("type: 'Log' log_param { base: 1 }", 1, new long[] {4}));
    }
}
