package org.caffe4j.layer.pooling;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.caffe4j.CaffeException;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.ShapeException;
import org.caffe4j.layer.GradientCheck;
import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.api.Test;

class SPPLayerTest {
    private static LayerRunner spp(String param, long... shape) {
        return LayerRunner.of("type: 'SPP' spp_param { " + param + " }", 1, shape);
    }

    @Test
    void levelsStandSideBySide() {
        try (LayerRunner run = spp("pyramid_height: 2", 1, 2, 3, 2)) {
            run.bottom.get(0).data().set(1, 2, 3, 4, 5, 6, 12, 11, 10, 9, 8, 7);
            // kernels 3 x 2, then 2 x 1 with one row of padding in front
            assertArrayEquals(new float[] {6, 12, 1, 2, 5, 6, 12, 11, 10, 9}, run.forward());
            assertArrayEquals(new long[] {1, 10}, run.top.get(0).shape());
            run.bottom.get(0).reshape(1, 2, 4, 4);
            LayerRunner.fill(run.bottom.get(0).data(), 1, 0, 1);
            assertEquals(10, run.forward().length, "whatever the size");
        }
    }

    @Test
    void oneLevelKeepsFourAxes() {
        try (LayerRunner run = spp("pyramid_height: 1", 2, 3, 4, 5).fillAll(1)) {
            run.forward();
            assertArrayEquals(new long[] {2, 3, 1, 1}, run.top.get(0).shape());
            new GradientCheck(1e-4, 1e-2).check(run);
        }
    }

    @Test
    void gradient() {
        for (String param : new String[] {"pyramid_height: 3", "pyramid_height: 2 pool: AVE engine: CAFFE"}) {
            try (LayerRunner run = spp(param, 2, 2, 8, 7)) {
                new GradientCheck(1e-4, 1e-2).check(run.fillAll(1));
            }
        }
    }

    @Test
    void refusesWhatDoesNotFit() {
        assertThrows(NetDefinitionException.class, () -> spp("", 1, 1, 4, 4));
        assertThrows(CaffeException.class, () -> spp("pyramid_height: 3", 1, 1, 5, 5), "the pad would reach the kernel's size");
        assertThrows(ShapeException.class, () -> spp("pyramid_height: 2", 4, 4));
    }
}
