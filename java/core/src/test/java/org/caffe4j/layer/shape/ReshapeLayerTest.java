package org.caffe4j.layer.shape;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.caffe4j.CaffeException;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.ShapeException;
import org.caffe4j.layer.GradientCheck;
import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.api.Test;

class ReshapeLayerTest {
    private static long[] reshaped(String param, long... shape) {
        try (LayerRunner run = LayerRunner.of("type: 'Reshape' reshape_param { " + param + " }", 1, shape)) {
            return run.top.get(0).shape();
        }
    }

    @Test
    void copiesInfersAndReplaces() {
        assertArrayEquals(new long[] {2, 2, 14}, reshaped("shape { dim: 0 dim: 2 dim: -1 }", 2, 4, 7));
        assertArrayEquals(new long[] {2, 4, 7}, reshaped("shape { dim: 0 dim: 0 dim: 0 }", 2, 4, 7));
        assertArrayEquals(new long[] {56}, reshaped("shape { dim: -1 }", 2, 4, 7));
        assertArrayEquals(new long[] {2, 2, 2, 7}, reshaped("shape { dim: 2 dim: -1 } axis: 1 num_axes: 1", 2, 4, 7));
        assertArrayEquals(new long[] {2, 1, 4, 7}, reshaped("shape { dim: 1 } axis: 1 num_axes: 0", 2, 4, 7));
        assertArrayEquals(new long[] {2, 4, 7, 1, 1}, reshaped("shape { dim: 1 dim: 1 } axis: -1", 2, 4, 7));
        assertArrayEquals(new long[] {2, 28}, reshaped("shape { dim: -1 } axis: 1", 2, 4, 7));
        assertArrayEquals(new long[] {}, reshaped("shape { }", 1, 1));
    }

    @Test
    void sharesValuesAndGradient() {
        try (LayerRunner run = LayerRunner.of("type: 'Reshape' reshape_param { shape { dim: 6 dim: 2 } }", 1, new long[] {2, 3, 2})) {
            new GradientCheck(1e-2, 1e-3).check(run.fillAll(1));
            assertTrue(run.top.get(0).diff().sharesWith(run.bottom.get(0).diff()));
        }
    }

    private static void refused(Class<? extends CaffeException> kind, String param, long... shape) {
        assertThrows(kind, () -> reshaped(param, shape), param);
    }

    @Test
    void refusesWhatDoesNotFit() {
        refused(NetDefinitionException.class, "shape { dim: -1 dim: -1 }", 2, 4);
        refused(NetDefinitionException.class, "shape { dim: -2 }", 2, 4);
        refused(NetDefinitionException.class, "shape { dim: 8 } num_axes: -2", 2, 4);
        refused(ShapeException.class, "shape { dim: 0 dim: 0 dim: 0 }", 2, 4);
        refused(ShapeException.class, "shape { dim: 3 dim: -1 }", 2, 4);
        refused(ShapeException.class, "shape { dim: 7 }", 2, 4);
        refused(ShapeException.class, "shape { dim: -1 }  axis: 3", 2, 4);
        refused(ShapeException.class, "shape { dim: -1 }  axis: 1 num_axes: 2", 2, 4);
        refused(ShapeException.class, "shape { dim: 0 dim: -1 }", 0, 4);
    }
}
