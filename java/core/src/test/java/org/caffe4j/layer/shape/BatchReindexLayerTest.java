package org.caffe4j.layer.shape;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.caffe4j.DataException;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.ShapeException;
import org.caffe4j.layer.GradientCheck;
import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.api.Test;

class BatchReindexLayerTest {
    @Test
    void choosesItems() {
        try (LayerRunner run = LayerRunner.of("type: 'BatchReindex'", 1, new long[] {3, 2}, new long[] {4})) {
            run.bottom.get(0).data().set(1, 2, 3, 4, 5, 6);
            run.bottom.get(1).data().set(2, 2, 0, 1);
            assertArrayEquals(new float[] {5, 6, 5, 6, 1, 2, 3, 4}, run.forward());
            new GradientCheck(1e-2, 1e-3).check(run, 0);
            assertThrows(NetDefinitionException.class, run::backward);
        }
    }

    @Test
    void refusesItemsThatAreNotThere() {
        try (LayerRunner run = LayerRunner.of("type: 'BatchReindex'", 1, new long[] {3, 2}, new long[] {1})) {
            run.bottom.get(1).data().set(3);
            assertThrows(DataException.class, run::forward);
            run.bottom.get(1).data().set(-1);
            assertThrows(DataException.class, run::forward);
        }
        assertThrows(ShapeException.class, () -> LayerRunner.of("type: 'BatchReindex'", 1, new long[] {3, 2}, new long[] {1, 1}));
    }
}
