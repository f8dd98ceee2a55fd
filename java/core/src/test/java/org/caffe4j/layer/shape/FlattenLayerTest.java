package org.caffe4j.layer.shape;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.caffe4j.NetDefinitionException;
import org.caffe4j.ShapeException;
import org.caffe4j.layer.GradientCheck;
import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.api.Test;

class FlattenLayerTest {
    private static long[] flattened(String param, long... shape) {
        try (LayerRunner run = LayerRunner.of("type: 'Flatten' flatten_param { " + param + " }", 1, shape)) {
            return run.top.get(0).shape();
        }
    }

    @Test
    void mergesAxes() {
        assertArrayEquals(new long[] {2, 60}, flattened("", 2, 3, 4, 5));
        assertArrayEquals(new long[] {2, 12, 5}, flattened("end_axis: 2", 2, 3, 4, 5));
        assertArrayEquals(new long[] {2, 3, 20}, flattened("axis: -2", 2, 3, 4, 5));
        assertArrayEquals(new long[] {120}, flattened("axis: 0", 2, 3, 4, 5));
        assertArrayEquals(new long[] {2, 3}, flattened("", 2, 3));
    }

    @Test
    void sharesValuesAndGradient() {
        try (LayerRunner run = LayerRunner.of("type: 'Flatten'", 1, new long[] {2, 3, 2})) {
            new GradientCheck(1e-2, 1e-3).check(run.fillAll(1));
            assertTrue(run.top.get(0).data().sharesWith(run.bottom.get(0).data()));
        }
    }

    @Test
    void followsANewShape() {
        try (LayerRunner run = LayerRunner.of("type: 'Flatten'", 1, new long[] {2, 3, 2})) {
            run.forward();
            run.bottom.get(0).reshape(4, 3, 5);
            LayerRunner.fill(run.bottom.get(0).data(), 5, -1, 1);
            assertArrayEquals(run.bottom.get(0).data().toArray(), run.forward());
            assertArrayEquals(new long[] {4, 15}, run.top.get(0).shape());
        }
    }

    @Test
    void refusesWhatDoesNotFit() {
        assertThrows(ShapeException.class, () -> flattened("axis: 3", 2, 3, 4));
        assertThrows(ShapeException.class, () -> flattened("axis: 2 end_axis: 1", 2, 3, 4));
        try (LayerRunner run = LayerRunner.of("type: 'Flatten'", 1, new long[] {2, 3, 2}).inPlace()) {
            assertThrows(NetDefinitionException.class, run::forward);
        }
    }
}
