package org.caffe4j.layer.activation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.caffe4j.Phase;
import org.caffe4j.ShapeException;
import org.caffe4j.layer.GradientCheck;
import org.caffe4j.layer.InPlaceCheck;
import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.api.Test;

class BiasLayerTest {
    private static final long[] SHAPE = {2, 3, 4};

    private static LayerRunner of(String param, long[]... shapes) {
        return LayerRunner.of("type: 'Bias' bias_param { " + param + " }", 1, shapes);
    }

    @Test
    void addsAlongTheChannels() {
        try (LayerRunner run = of("filler { value: 5 }", new long[] {1, 2, 2})) {
            run.bottom.get(0).data().set(1, 2, 3, 4);
            assertArrayEquals(new float[] {6, 7, 8, 9}, run.forward());
            run.layer.blobs().get(0).data().set(10, 20);
            assertArrayEquals(new float[] {11, 12, 23, 24}, run.forward());
        }
    }

    @Test
    void gradients() {
        for (String param : new String[] {"", "axis: 0 num_axes: 2", "num_axes: -1", "num_axes: 0"}) {
            try (LayerRunner run = of(param, SHAPE)) {
                new GradientCheck(1e-2, 1e-3).check(run.fillAll(1));
            }
            InPlaceCheck.check(Phase.TEST, "type: 'Bias' bias_param { " + param + " }", -1, 1, SHAPE);
        }
        for (long[] other : new long[][] {{3}, {3, 4}, {}}) {
            try (LayerRunner run = of("", SHAPE, other)) {
                new GradientCheck(1e-2, 1e-3).check(run.fillAll(1));
            }
            InPlaceCheck.check(Phase.TEST, "type: 'Bias'", -1, 1, SHAPE, other);
        }
    }

    @Test
    void refusesWhatDoesNotFit() {
        assertThrows(ShapeException.class, () -> of("axis: 3", SHAPE));
        assertThrows(ShapeException.class, () -> of("", SHAPE, new long[] {2}));
    }
}
