package org.caffe4j.layer.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.caffe4j.NetDefinitionException;
import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.api.Test;

class InputLayerTest {

    @Test
    void oneShapeForAllTopsOrOneForEach() {
        try (LayerRunner one = LayerRunner.of("type: 'Input' input_param { shape { dim: 2 dim: 3 } }", 2)) {
            assertArrayEquals(new long[] {2, 3}, one.top.get(0).shape());
            assertArrayEquals(new long[] {2, 3}, one.top.get(1).shape());
        }
        try (LayerRunner each = LayerRunner.of("type: 'Input' input_param { shape { dim: 2 } shape { dim: 1 dim: 4 } }", 2)) {
            assertArrayEquals(new long[] {2}, each.top.get(0).shape());
            assertArrayEquals(new long[] {1, 4}, each.top.get(1).shape());
        }
    }

    @Test
    void forwardKeepsWhatTheCallerPutIn() {
        try (LayerRunner runner = LayerRunner.of("type: 'Input' input_param { shape { dim: 3 } }", 1)) {
            runner.top.get(0).data().set(1, 2, 3);
            assertArrayEquals(new float[] {1, 2, 3}, runner.forward());
            runner.top.get(0).reshape(2);
            runner.top.get(0).data().set(4, 5);
            assertArrayEquals(new float[] {4, 5}, runner.forward());
        }
    }

    @Test
    void numberOfShapesMustFit() {
        NetDefinitionException e = assertThrows(NetDefinitionException.class,
            () -> LayerRunner.of("type: 'Input' input_param { shape { dim: 2 } shape { dim: 2 } }", 3));
        assertTrue(e.getMessage().contains("Must specify 'shape' once, once per top blob, or not at all: 3 tops vs. 2 shapes."));
    }
}
