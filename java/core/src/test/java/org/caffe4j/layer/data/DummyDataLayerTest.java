package org.caffe4j.layer.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.api.Test;

class DummyDataLayerTest {

    private static LayerRunner runner(int tops, String param) {
        return LayerRunner.of("type: 'DummyData' dummy_data_param { " + param + " }", tops);
    }

    @Test
    void defaultsToZeros() {
        try (LayerRunner runner = runner(1, "shape { dim: 2 dim: 2 }")) {
            assertArrayEquals(new float[4], runner.forward());
        }
    }

    @Test
    void legacyDimensionsOnceOrPerTop() {
        try (LayerRunner runner = runner(2, "num: 5 num: 4 channels: 3 height: 2 height: 1 width: 7")) {
            assertArrayEquals(new long[] {5, 3, 2, 7}, runner.top.get(0).shape());
            assertArrayEquals(new long[] {4, 3, 1, 7}, runner.top.get(1).shape());
        }
    }

    @Test
    void constantsAreFilledOnceAndOthersEveryForward() {
        try (LayerRunner runner = runner(2, "shape { dim: 6 } data_filler { value: 3 } data_filler { type: 'gaussian' }")) {
            runner.top.get(0).data().set(1, 1, 1, 1, 1, 2);
            assertArrayEquals(new float[] {1, 1, 1, 1, 1, 2}, runner.forward());
            float[] first = runner.top.get(1).data().toArray();
            runner.forward();
            assertFalse(Arrays.equals(first, runner.top.get(1).data().toArray()));
        }
    }

    @Test
    void wrongCountsAreRefused() {
        assertMessage("Number of data fillers must be 0, 1 or equal to the number of tops: 3; you specified 2", 3,
            "shape { dim: 1 } data_filler { } data_filler { }");
        assertMessage("Must specify 'shape' once, or once per top blob (3); specified 2.", 3, "shape { dim: 1 } shape { dim: 1 }");
        assertMessage("Must specify 'shape' once, or once per top blob (1); specified 0.", 1, "");
        assertMessage("Must specify 'width' once, or once per top blob (1); specified 0.", 1, "num: 1 channels: 1 height: 1");
        assertMessage("Both shape and legacy fields were specified", 1, "shape { dim: 1 } num: 1");
        assertMessage("Unknown filler name: nope", 1, "shape { dim: 1 } data_filler { type: 'nope' }");
    }

    private static void assertMessage(String text, int tops, String param) {
        String message = assertThrows(NetDefinitionException.class, () -> runner(tops, param)).getMessage();
        assertTrue(message.contains(text), message);
    }
}
