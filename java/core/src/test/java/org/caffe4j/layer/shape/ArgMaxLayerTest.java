package org.caffe4j.layer.shape;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.caffe4j.NetDefinitionException;
import org.caffe4j.ShapeException;
import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.api.Test;

class ArgMaxLayerTest {
    private static float[] argMax(String param, long[] expectedShape, long... shape) {
        try (LayerRunner run = LayerRunner.of("type: 'ArgMax' argmax_param { " + param + " }", 1, shape)) {
            float[] values = {3, 9, 4, 9, 1, 0};
            run.bottom.get(0).data().set(values);
            float[] y = run.forward();
            assertArrayEquals(expectedShape, run.top.get(0).shape(), param);
            assertThrows(NetDefinitionException.class, run::backward);
            run.backward(false);
            return y;
        }
    }

    @Test
    void ofWholeItems() {
        assertArrayEquals(new float[] {1, 0}, argMax("", new long[] {2, 1, 1}, 2, 3));
        assertArrayEquals(new float[] {3, 1, 2}, argMax("top_k: 3", new long[] {1, 1, 3, 1}, 1, 3, 2, 1));
        assertArrayEquals(new float[] {1, 2, 9, 4, 0, 1, 9, 1}, argMax("top_k: 2 out_max_val: true", new long[] {2, 2, 2}, 2, 3));
    }

    @Test
    void alongAnAxis() {
        assertArrayEquals(new float[] {1, 0}, argMax("axis: 1", new long[] {2, 1}, 2, 3));
        assertArrayEquals(new float[] {1, 0, 0}, argMax("axis: 0", new long[] {1, 3}, 2, 3));
        assertArrayEquals(new float[] {9, 4, 9, 1}, argMax("axis: -1 top_k: 2 out_max_val: true", new long[] {2, 2}, 2, 3));
    }

    @Test
    void refusesTooMany() {
        assertThrows(NetDefinitionException.class, () -> argMax("top_k: 0", new long[] {}, 2, 3));
        assertThrows(ShapeException.class, () -> argMax("top_k: 4", new long[] {}, 2, 3));
        assertThrows(ShapeException.class, () -> argMax("top_k: 3 axis: 0", new long[] {}, 2, 3));
    }
}
