package org.caffe4j.layer.shape;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.caffe4j.NetDefinitionException;
import org.caffe4j.ShapeException;
import org.caffe4j.layer.GradientCheck;
import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.api.Test;

class SliceLayerTest {
    @Test
    void cutsAtThePoints() {
        try (LayerRunner run = LayerRunner.of("type: 'Slice' slice_param { slice_point: 1 slice_point: 3 }", 3, new long[] {2, 4})) {
            run.bottom.get(0).data().set(1, 2, 3, 4, 5, 6, 7, 8);
            run.forward();
            assertArrayEquals(new float[] {1, 5}, run.top.get(0).data().toArray());
            assertArrayEquals(new float[] {2, 3, 6, 7}, run.top.get(1).data().toArray());
            assertArrayEquals(new float[] {4, 8}, run.top.get(2).data().toArray());
        }
    }

    @Test
    void cutsIntoEqualPartsWithoutPoints() {
        try (LayerRunner run = LayerRunner.of("type: 'Slice' slice_param { slice_dim: 0 }", 2, new long[] {4, 2})) {
            run.bottom.get(0).data().set(1, 2, 3, 4, 5, 6, 7, 8);
            run.forward();
            assertArrayEquals(new long[] {2, 2}, run.top.get(1).shape());
            assertArrayEquals(new float[] {5, 6, 7, 8}, run.top.get(1).data().toArray());
        }
    }

    @Test
    void gradient() {
        try (LayerRunner run = LayerRunner.of("type: 'Slice' slice_param { axis: -2 slice_point: 2 }", 2, new long[] {2, 5, 3})) {
            new GradientCheck(1e-2, 1e-3).check(run.fillAll(1));
        }
    }

    @Test
    void singleTopIsNotCopied() {
        try (LayerRunner run = LayerRunner.of("type: 'Slice'", 1, new long[] {2, 5, 3})) {
            assertTrue(run.top.get(0).data().sharesWith(run.bottom.get(0).data()));
        }
    }

    @Test
    void refusesWhatDoesNotFit() {
        long[] shape = {2, 5};
        assertThrows(ShapeException.class, () -> LayerRunner.of("type: 'Slice'", 2, shape));
        assertThrows(ShapeException.class, () -> LayerRunner.of("type: 'Slice' slice_param { slice_point: 3 slice_point: 3 }", 3, shape));
        assertThrows(ShapeException.class, () -> LayerRunner.of("type: 'Slice' slice_param { slice_point: 3 slice_point: 5 }", 3, shape));
        assertThrows(ShapeException.class, () -> LayerRunner.of("type: 'Slice' slice_param { slice_point: 4294967295 }", 2, shape));
        assertThrows(NetDefinitionException.class, () -> LayerRunner.of("type: 'Slice' slice_param { slice_point: 3 }", 3, shape));
        assertThrows(NetDefinitionException.class, () -> LayerRunner.of("type: 'Slice' slice_param { axis: 1 slice_dim: 1 }", 5, shape));
    }
}
