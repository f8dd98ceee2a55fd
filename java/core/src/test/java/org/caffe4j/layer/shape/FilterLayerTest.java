package org.caffe4j.layer.shape;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.caffe4j.NetDefinitionException;
import org.caffe4j.ShapeException;
import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.api.Test;

class FilterLayerTest {
    @Test
    void keepsSelectedItemsOfEveryBottom() {
        try (LayerRunner run = LayerRunner.of("type: 'Filter'", 2, new long[] {3, 2}, new long[] {3}, new long[] {3, 1})) {
            assertArrayEquals(new long[] {3, 2}, run.top.get(0).shape());
            run.bottom.get(0).data().set(1, 2, 3, 4, 5, 6);
            run.bottom.get(1).data().set(10, 20, 30);
            run.bottom.get(2).data().set(1, 0, -1);
            assertArrayEquals(new float[] {1, 2, 5, 6}, run.forward());
            assertArrayEquals(new float[] {10, 30}, run.top.get(1).data().toArray());
            run.top.get(0).diff().set(1, 2, 3, 4);
            run.top.get(1).diff().set(5, 6);
            run.backward(true, true, false);
            assertArrayEquals(new float[] {1, 2, 0, 0, 3, 4}, run.bottom.get(0).diff().toArray());
            assertArrayEquals(new float[] {5, 0, 6}, run.bottom.get(1).diff().toArray());
            assertThrows(NetDefinitionException.class, run::backward);
        }
    }

    @Test
    void nothingSelected() {
        try (LayerRunner run = LayerRunner.of("type: 'Filter'", 1, new long[] {2, 2}, new long[] {2})) {
            run.bottom.get(0).diff().fill(9);
            assertArrayEquals(new float[0], run.forward());
            assertArrayEquals(new long[] {0, 2}, run.top.get(0).shape());
            run.backward(true, false);
            assertArrayEquals(new float[4], run.bottom.get(0).diff().toArray());
            run.bottom.get(0).data().set(1, 2, 3, 4);
            run.bottom.get(1).data().set(0, 1);
            assertArrayEquals(new float[] {3, 4}, run.forward());
        }
    }

    @Test
    void refusesWhatDoesNotFit() {
        assertThrows(ShapeException.class, () -> LayerRunner.of("type: 'Filter'", 1, new long[] {3, 2}, new long[] {3, 2}));
        assertThrows(ShapeException.class, () -> LayerRunner.of("type: 'Filter'", 1, new long[] {3, 2}, new long[] {2}));
        assertThrows(NetDefinitionException.class, () -> LayerRunner.of("type: 'Filter'", 2, new long[] {3, 2}, new long[] {3}));
    }
}
