package org.caffe4j.layer.activation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.caffe4j.NetDefinitionException;
import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.api.Test;

class ThresholdLayerTest {
    @Test
    void oneAboveTheThreshold() {
        try (LayerRunner run = LayerRunner.of("type: 'Threshold' threshold_param { threshold: 0.5 }", 1, new long[] {4})) {
            run.bottom.get(0).data().set(-2, 0.5f, 0.6f, 3);
            assertArrayEquals(new float[] {0, 0, 1, 1}, run.forward());
            assertThrows(NetDefinitionException.class, run::backward);
            run.backward(false);
        }
    }
}
