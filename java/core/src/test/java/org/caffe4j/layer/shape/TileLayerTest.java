package org.caffe4j.layer.shape;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.caffe4j.NetDefinitionException;
import org.caffe4j.layer.GradientCheck;
import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.api.Test;

class TileLayerTest {
    @Test
    void repeats() {
        try (LayerRunner run = LayerRunner.of("type: 'Tile' tile_param { tiles: 2 }", 1, new long[] {2, 1, 2})) {
            run.bottom.get(0).data().set(1, 2, 3, 4);
            assertArrayEquals(new float[] {1, 2, 1, 2, 3, 4, 3, 4}, run.forward());
            assertArrayEquals(new long[] {2, 2, 2}, run.top.get(0).shape());
        }
    }

    @Test
    void gradient() {
        for (int axis : new int[] {0, 1, -1}) {
            try (LayerRunner run = LayerRunner.of("type: 'Tile' tile_param { tiles: 3 axis: " + axis + " }", 1, new long[] {2, 3, 2})) {
                new GradientCheck(1e-2, 1e-3).check(run.fillAll(1));
            }
        }
    }

    @Test
    void tilesAreRequired() {
        assertThrows(NetDefinitionException.class, () -> LayerRunner.of("type: 'Tile'", 1, new long[] {2, 3}));
        assertThrows(NetDefinitionException.class, () -> LayerRunner.of("type: 'Tile' tile_param { tiles: 0 }", 1, new long[] {2, 3}));
    }
}
