package org.caffe4j.layer.shape;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.caffe4j.NetDefinitionException;
import org.caffe4j.ShapeException;
import org.caffe4j.layer.GradientCheck;
import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.api.Test;

class ConcatLayerTest {
    @Test
    void joinsAlongTheChannels() {
        try (LayerRunner run = LayerRunner.of("type: 'Concat'", 1, new long[] {2, 1, 2}, new long[] {2, 2, 2})) {
            run.bottom.get(0).data().set(1, 2, 3, 4);
            run.bottom.get(1).data().set(5, 6, 7, 8, 9, 10, 11, 12);
            assertArrayEquals(new float[] {1, 2, 5, 6, 7, 8, 3, 4, 9, 10, 11, 12}, run.forward());
            assertArrayEquals(new long[] {2, 3, 2}, run.top.get(0).shape());
        }
    }

    @Test
    void joinsAlongOtherAxes() {
        for (String axis : new String[] {"axis: 0", "axis: -1", "concat_dim: 0"}) {
            try (LayerRunner run = LayerRunner.of("type: 'Concat' concat_param { " + axis + " }", 1, new long[] {3}, new long[] {1})) {
                run.bottom.get(0).data().set(1, 2, 3);
                run.bottom.get(1).data().set(4);
                assertArrayEquals(new float[] {1, 2, 3, 4}, run.forward());
            }
        }
    }

    @Test
    void gradientGoesToTheWantedParts() {
        try (LayerRunner run = LayerRunner.of("type: 'Concat'", 1, new long[] {2, 3, 2, 2}, new long[] {2, 1, 2, 2},
                new long[] {2, 2, 2, 2})) {
            new GradientCheck(1e-2, 1e-3).check(run.fillAll(1));
            run.bottom.get(1).diff().fill(7);
            run.backward(true, false, true);
            assertArrayEquals(new float[] {7, 7, 7, 7, 7, 7, 7, 7}, run.bottom.get(1).diff().toArray());
        }
    }

    @Test
    void singleBottomIsNotCopied() {
        try (LayerRunner run = LayerRunner.of("type: 'Concat'", 1, new long[] {2, 3})) {
            run.forward();
            assertTrue(run.top.get(0).data().sharesWith(run.bottom.get(0).data()));
            assertTrue(run.top.get(0).diff().sharesWith(run.bottom.get(0).diff()));
        }
    }

    @Test
    void refusesWhatDoesNotFit() {
        assertThrows(ShapeException.class, () -> LayerRunner.of("type: 'Concat'", 1, new long[] {2, 3, 4}, new long[] {2, 3, 5}));
        assertThrows(ShapeException.class, () -> LayerRunner.of("type: 'Concat'", 1, new long[] {2, 3}, new long[] {2, 3, 1}));
        assertThrows(ShapeException.class, () -> LayerRunner.of("type: 'Concat' concat_param { axis: 2 }", 1, new long[] {2, 3}));
        assertThrows(NetDefinitionException.class,
                () -> LayerRunner.of("type: 'Concat' concat_param { axis: 1 concat_dim: 1 }", 1, new long[] {2, 3}));
    }
}
