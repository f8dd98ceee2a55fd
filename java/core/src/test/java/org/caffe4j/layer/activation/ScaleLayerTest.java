package org.caffe4j.layer.activation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.caffe4j.NetDefinitionException;
import org.caffe4j.Phase;
import org.caffe4j.ShapeException;
import org.caffe4j.layer.GradientCheck;
import org.caffe4j.layer.InPlaceCheck;
import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.api.Test;

class ScaleLayerTest {
    private static final long[] SHAPE = {2, 3, 4, 5};

    private static LayerRunner of(String param, long[]... shapes) {
        return LayerRunner.of("type: 'Scale' scale_param { " + param + " }", 1, shapes);
    }

    @Test
    void startsAsIdentity() {
        try (LayerRunner run = of("bias_term: true", SHAPE)) {
            LayerRunner.fill(run.bottom.get(0).data(), 1, -1, 1);
            assertArrayEquals(run.bottom.get(0).data().toArray(), run.forward());
            assertEquals(2, run.layer.blobs().size());
        }
    }

    @Test
    void scalesAndShiftsChannels() {
        try (LayerRunner run = of("bias_term: true", new long[] {1, 2, 2})) {
            run.bottom.get(0).data().set(1, 2, 3, 4);
            run.layer.blobs().get(0).data().set(2, -1);
            run.layer.blobs().get(1).data().set(10, 20);
            assertArrayEquals(new float[] {12, 14, 17, 16}, run.forward());
        }
    }

    @Test
    void learnedScaleInEveryPlace() {
        String[] params = {"", "bias_term: true", "axis: 0 num_axes: 2", "axis: 2 num_axes: -1 bias_term: true",
            "num_axes: 0 bias_term: true",
            "axis: -1", "axis: 0 num_axes: -1"};
        for (String param : params) {
            try (LayerRunner run = of(param, SHAPE)) {
                new GradientCheck(1e-2, 2e-3).check(run.fillAll(1));
            }
            InPlaceCheck.check(Phase.TEST, "type: 'Scale' scale_param { " + param + " }", -1, 1, SHAPE);
        }
    }

    @Test
    void secondBottomAsScale() {
        long[][] others = {{3}, {3, 4}, {3, 4, 5}, {}};
        for (long[] other : others) {
            for (String param : new String[] {"", "bias_term: true"}) {
                try (LayerRunner run = of(param, SHAPE, other)) {
                    new GradientCheck(1e-2, 2e-3).check(run.fillAll(1));
                }
                InPlaceCheck.check(Phase.TEST, "type: 'Scale' scale_param { " + param + " }", -1, 1, SHAPE, other);
            }
        }
        try (LayerRunner run = of("axis: 0", SHAPE, new long[] {2, 3})) {
            new GradientCheck(1e-2, 2e-3).check(run.fillAll(1));
        }
    }

    @Test
    void refusesWhatDoesNotFit() {
        assertThrows(ShapeException.class, () -> of("axis: 4", SHAPE));
        assertThrows(ShapeException.class, () -> of("axis: 2 num_axes: 3", SHAPE));
        assertThrows(NetDefinitionException.class, () -> of("num_axes: -2", SHAPE));
        assertThrows(ShapeException.class, () -> of("", SHAPE, new long[] {4}));
        assertThrows(ShapeException.class, () -> of("axis: 3", SHAPE, new long[] {5, 1}));
    }
}
