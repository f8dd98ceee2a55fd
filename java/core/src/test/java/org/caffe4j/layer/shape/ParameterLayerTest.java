package org.caffe4j.layer.shape;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.caffe4j.NetDefinitionException;
import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.api.Test;

class ParameterLayerTest {
    @Test
    void topIsTheLearnedBlob() {
        try (LayerRunner run = LayerRunner.of("type: 'Parameter' parameter_param { shape { dim: 2 dim: 1 } }", 1)) {
            assertArrayEquals(new float[] {0, 0}, run.forward());
            run.layer.blobs().get(0).data().set(3, 4);
            assertArrayEquals(new float[] {3, 4}, run.forward());
            assertArrayEquals(new long[] {2, 1}, run.top.get(0).shape());
        }
    }

    @Test
    void gradientIsAdded() {
        try (LayerRunner run = LayerRunner.of("type: 'Parameter' parameter_param { shape { dim: 2 } }", 1)) {
            run.layer.blobs().get(0).diff().set(10, 20);
            run.top.get(0).diff().set(1, 2);
            run.backward();
            assertArrayEquals(new float[] {11, 22}, run.layer.blobs().get(0).diff().toArray());
        }
    }

    @Test
    void refusesNegativeDimensions() {
        assertThrows(NetDefinitionException.class, () -> LayerRunner.of("type: 'Parameter' parameter_param { shape { dim: -2 } }", 1));
    }
}
