package org.caffe4j.layer.activation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.caffe4j.NetDefinitionException;
import org.caffe4j.Phase;
import org.caffe4j.layer.GradientCheck;
import org.caffe4j.layer.InPlaceCheck;
import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.api.Test;

class ClipLayerTest {
    @Test
    void values() {
        try (LayerRunner run = LayerRunner.of("type: 'Clip' clip_param { min: -1 max: 2 }", 1, new long[] {4})) {
            run.bottom.get(0).data().set(0, -5, 2.5f, 2);
            assertArrayEquals(new float[] {0, -1, 2, 2}, run.forward(), 1e-6f);
        }
    }

    @Test
    void gradient() {
        for (String param : new String[] {"clip_param { min: -0.5 max: 0.5 }"}) {
            try (LayerRunner run = LayerRunner.of("type: 'Clip' " + param, 1, new long[] {2, 3, 5})) {
                LayerRunner.fill(run.bottom.get(0).data(), 1, -1, 1);
                new GradientCheck(1e-2, 2e-3).kink(0.5, 0.02).check(run);
            }
            InPlaceCheck.check(Phase.TEST, "type: 'Clip' " + param, -1, 1, new long[] {2, 3, 5});
        }
    }

    @Test
    void needsBothEnds() {
        for (String param : new String[] {"", "clip_param { min: 0 }", "clip_param { max: 0 }"}) {
            assertThrows(NetDefinitionException.class, () -> LayerRunner.of("type: 'Clip' " + param, 1, new long[] {4}));
        }
    }
}
