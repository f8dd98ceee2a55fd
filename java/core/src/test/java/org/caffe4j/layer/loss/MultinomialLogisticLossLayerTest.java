package org.caffe4j.layer.loss;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.caffe4j.DataException;
import org.caffe4j.layer.GradientCheck;
import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.api.Test;

class MultinomialLogisticLossLayerTest {
    private static LayerRunner loss() {
        LayerRunner run = LayerRunner.of("type: 'MultinomialLogisticLoss'", 1, new long[] {2, 3}, new long[] {2, 1, 1, 1});
        run.bottom.get(0).data().set(0.2f, 0.5f, 0.3f, 0.1f, 0.3f, 0.6f);
        run.bottom.get(1).data().set(1, 0);
        return run;
    }

    @Test
    void averagesTheLogarithms() {
        try (LayerRunner run = loss()) {
            assertEquals(-(Math.log(0.5) + Math.log(0.1)) / 2, run.forward()[0], 1e-6);
            run.bottom.get(0).data().fill(0);
            assertEquals(-Math.log(1e-20), run.forward()[0], 1e-4, "a probability of 0 counts as 1e-20");
        }
    }

    @Test
    void gradient() {
        try (LayerRunner run = loss()) {
            new GradientCheck(1e-3, 1e-3).check(run, 0);
        }
    }

    @Test
    void refusesBadLabels() {
        try (LayerRunner run = loss()) {
            run.bottom.get(1).data().set(0, 3);
            assertThrows(DataException.class, run::forward);
        }
    }
}
