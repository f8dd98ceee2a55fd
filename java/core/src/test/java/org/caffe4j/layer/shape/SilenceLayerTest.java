package org.caffe4j.layer.shape;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.api.Test;

class SilenceLayerTest {
    @Test
    void gradientIsZeroWhereWanted() {
        try (LayerRunner run = LayerRunner.of("type: 'Silence'", 0, new long[] {2}, new long[] {3})) {
            run.forward();
            run.bottom.get(0).diff().fill(5);
            run.bottom.get(1).diff().fill(6);
            run.backward(true, false);
            assertArrayEquals(new float[2], run.bottom.get(0).diff().toArray());
            assertArrayEquals(new float[] {6, 6, 6}, run.bottom.get(1).diff().toArray());
        }
    }
}
