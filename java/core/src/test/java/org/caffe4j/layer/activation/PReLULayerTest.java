package org.caffe4j.layer.activation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.caffe4j.Phase;
import org.caffe4j.ShapeException;
import org.caffe4j.layer.GradientCheck;
import org.caffe4j.layer.InPlaceCheck;
import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.api.Test;

class PReLULayerTest {
    @Test
    void slopesStartAtAQuarter() {
        try (LayerRunner run = LayerRunner.of("type: 'PReLU'", 1, new long[] {1, 2, 2})) {
            run.bottom.get(0).data().set(-2, 2, 0, -4);
            assertArrayEquals(new float[] {-0.5f, 2, 0, -1}, run.forward());
            assertArrayEquals(new long[] {2}, run.layer.blobs().get(0).shape());
        }
    }

    @Test
    void sharedSlopeIsAScalar() {
        try (LayerRunner run = LayerRunner.of("type: 'PReLU' prelu_param { channel_shared: true filler { value: 0.5 } }",
                1, new long[] {1, 2, 2})) {
            run.bottom.get(0).data().set(-2, 2, 0, -4);
            assertArrayEquals(new float[] {-1, 2, 0, -2}, run.forward());
            assertArrayEquals(new long[] {}, run.layer.blobs().get(0).shape());
        }
    }

    @Test
    void gradient() {
        for (String param : new String[] {"", "prelu_param { channel_shared: true }"}) {
            for (long[] shape : new long[][] {{3, 4, 5}, {3, 7}, {2, 3, 2, 2}}) {
                try (LayerRunner run = LayerRunner.of("type: 'PReLU' " + param, 1, shape)) {
                    new GradientCheck(1e-2, 1e-3).kink(0, 0.02).check(run.fillAll(1));
                }
                InPlaceCheck.check(Phase.TEST, "type: 'PReLU' " + param, -1, 1, shape);
            }
        }
    }

    @Test
    void refusesWhatDoesNotFit() {
        assertThrows(ShapeException.class, () -> LayerRunner.of("type: 'PReLU'", 1, new long[] {3}));
        try (LayerRunner run = LayerRunner.of("type: 'PReLU'", 1, new long[] {2, 3})) {
            run.bottom.get(0).reshape(2, 4);
            assertThrows(ShapeException.class, run::forward);
        }
    }
}
