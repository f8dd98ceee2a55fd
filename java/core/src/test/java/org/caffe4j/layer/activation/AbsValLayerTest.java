package org.caffe4j.layer.activation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.caffe4j.NetDefinitionException;
import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.api.Test;

class AbsValLayerTest {
    @Test
    void valuesAndGradient() {
        try (LayerRunner run = LayerRunner.of("type: 'AbsVal'", 1, new long[] {3})) {
            run.bottom.get(0).data().set(-2, 0, 3);
            assertArrayEquals(new float[] {2, 0, 3}, run.forward());
            run.top.get(0).diff().fill(5);
            run.backward();
            assertArrayEquals(new float[] {-5, 0, 5}, run.bottom.get(0).diff().toArray());
        }
    }

    @Test
    void notInPlace() {
        try (LayerRunner run = LayerRunner.of("type: 'AbsVal'", 1, new long[] {3}).inPlace()) {
            assertThrows(NetDefinitionException.class, run::forward);
        }
    }
}
