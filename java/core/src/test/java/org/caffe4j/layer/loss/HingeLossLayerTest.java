package org.caffe4j.layer.loss;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.caffe4j.DataException;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.ShapeException;
import org.caffe4j.layer.GradientCheck;
import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.api.Test;

class HingeLossLayerTest {
    private static LayerRunner hinge(String param) {
        LayerRunner run = LayerRunner.of("type: 'HingeLoss' hinge_loss_param { " + param + " }", 1, new long[] {3, 2, 2}, new long[] {3});
        LayerRunner.fill(run.bottom.get(0).data(), 1, -3, 3);
        run.bottom.get(1).data().set(1, 3, 0);
        return run;
    }

    @Test
    void sumsWhatViolatesTheMargin() {
        for (boolean squared : new boolean[] {false, true}) {
            try (LayerRunner run = LayerRunner.of("type: 'HingeLoss' hinge_loss_param { norm: " + (squared ? "L2" : "L1") + " }", 1,
                    new long[] {2, 2}, new long[] {2})) {
                run.bottom.get(0).data().set(0.5f, -3, 2, 1);
                run.bottom.get(1).data().set(0, 1);
                assertEquals(squared ? (0.25f + 9) / 2 : (0.5f + 3) / 2, run.forward()[0]);
            }
        }
    }

    @Test
    void gradient() {
        for (String param : new String[] {"", "norm: L2"}) {
            try (LayerRunner run = hinge(param)) {
                new GradientCheck(1e-2, 1e-3).kink(1, 0.02).check(run, 0);
            }
        }
    }

    @Test
    void refusesBadLabelsAndTheirGradient() {
        assertThrows(ShapeException.class, () -> LayerRunner.of("type: 'HingeLoss'", 1, new long[] {3, 2}, new long[] {3, 2}));
        try (LayerRunner run = hinge("")) {
            run.forward();
            assertThrows(NetDefinitionException.class, run::backward);
            run.bottom.get(1).data().set(1, 4, 0);
            var e = assertThrows(DataException.class, run::forward);
            assertTrue(e.getMessage().contains("label 4 of item 1 is not a class: there are 4 classes"), e.getMessage());
        }
    }
}
