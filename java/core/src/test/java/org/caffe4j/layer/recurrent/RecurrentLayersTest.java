package org.caffe4j.layer.recurrent;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.ShapeException;
import org.caffe4j.layer.GradientCheck;
import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RecurrentLayersTest {
    private static final int STEPS = 4;
    private static final int BATCH = 3;
    private static final int INPUTS = 5;
    private static final int OUTPUTS = 2;
    private static final String FIELDS = "recurrent_param { num_output: 2 weight_filler { type: 'uniform' min: -0.7 max: 0.7 } "
            + "bias_filler { type: 'uniform' min: -0.3 max: 0.3 } ";

    private static LayerRunner runner(String type, boolean expose, boolean withStatic) {
        int states = type.equals("LSTM") ? 2 : 1;
        List<long[]> shapes = new ArrayList<>();
        shapes.add(new long[] {STEPS, BATCH, INPUTS});
        shapes.add(new long[] {STEPS, BATCH});
        if (withStatic) {
            shapes.add(new long[] {BATCH, 2, 2});
        }
        for (int i = 0; i < states && expose; i++) {
            shapes.add(new long[] {1, BATCH, OUTPUTS});
        }
        LayerRunner run = LayerRunner.of("type: '" + type + "' " + FIELDS + "expose_hidden: " + expose + " }", expose ? 1 + states : 1,
                shapes.toArray(new long[0][]));
        for (int i = 0; i < shapes.size(); i++) {
            LayerRunner.fill(run.bottom.get(i).data(), 10 + i, -1, 1);
        }
        run.bottom.get(1).data().set(0, 1, 1, 1, 1, 0, 1, 1, 1, 0, 1, 1);
        return run;
    }

    @ParameterizedTest
    @ValueSource(strings = {"LSTM", "RNN"})
    void gradientsWithExposedStates(String type) {
        int states = type.equals("LSTM") ? 2 : 1;
        GradientCheck check = new GradientCheck(1e-2, 2e-3);
        try (LayerRunner run = runner(type, true, false)) {
            check.check(run, states == 2 ? new int[] {0, 2, 3} : new int[] {0, 2});
        }
        try (LayerRunner run = runner(type, true, true)) {
            check.check(run, states == 2 ? new int[] {0, 2, 3, 4} : new int[] {0, 2, 3});
        }
    }

    /** cont = 0 at the first step cuts off what earlier forwards carried over, so that the objective is a function of the inputs alone. */
    @ParameterizedTest
    @ValueSource(strings = {"LSTM", "RNN"})
    void gradientsWithCarriedState(String type) {
        try (LayerRunner run = runner(type, false, true)) {
            run.bottom.get(1).data().set(0, 0, 0, 1, 1, 0, 1, 1, 1, 0, 1, 1);
            new GradientCheck(1e-2, 2e-3).check(run, 0, 2);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"LSTM", "RNN"})
    void theStateCarriesOverUntilASequenceStarts(String type) {
        try (LayerRunner run = runner(type, false, false)) {
            run.bottom.get(1).data().fill(1);
            float[] first = run.forward();
            float[] second = run.forward();
            assertTrue(Math.abs(first[0] - second[0]) > 1e-4, "the second forward starts from the state that the first one left");
            run.bottom.get(1).data().set(0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1);
            assertArrayEquals(first, run.forward(), 1e-6f);
        }
    }

    /** Two forwards of T steps, the states passed on by hand, give what one of 2T steps gives. */
    @Test
    void exposedStatesContinueASequence() {
        float[] carried;
        try (LayerRunner run = runner("LSTM", false, false)) {
            run.forward();
            carried = run.forward();
        }
        try (LayerRunner run = runner("LSTM", true, false)) {
            run.bottom.get(2).data().fill(0);
            run.bottom.get(3).data().fill(0);
            run.forward();
            run.bottom.get(2).data().copyFrom(run.top.get(1).data());
            run.bottom.get(3).data().copyFrom(run.top.get(2).data());
            assertArrayEquals(carried, run.forward(), 1e-6f);
        }
    }

    @Test
    void lstmUnitGradients() {
        try (LayerRunner run = LayerRunner.of("type: 'LSTMUnit'", 2, new long[] {1, 3, 4}, new long[] {1, 3, 16}, new long[] {1, 3})) {
            run.fillAll(1).bottom.get(2).data().set(1, 0, 1);
            new GradientCheck(1e-2, 1e-3).check(run, 0, 1);
            assertThrows(NetDefinitionException.class, run::backward);
        }
        assertThrows(ShapeException.class, () -> LayerRunner.of("type: 'LSTMUnit'", 2, new long[] {1, 3, 4}, new long[] {1, 3, 15},
                new long[] {1, 3}).close());
    }

    @Test
    void wrongDescriptionsAndShapes() {
        assertThrows(NetDefinitionException.class, () -> LayerRunner.of("type: 'LSTM'", 1, new long[] {2, 3, 4}, new long[] {2, 3}).close());
        assertThrows(ShapeException.class, () -> LayerRunner.of("type: 'RNN' " + FIELDS + "}", 1, new long[] {2, 3}, new long[] {2, 3}).close());
        assertThrows(ShapeException.class, () -> LayerRunner.of("type: 'RNN' " + FIELDS + "}", 1, new long[] {2, 3, 4}, new long[] {3, 2}).close());
        try (LayerRunner run = runner("LSTM", false, false)) {
            assertThrows(NetDefinitionException.class, run::backward);
            run.bottom.get(0).reshape(STEPS + 1, BATCH, INPUTS);
            ShapeException e = assertThrows(ShapeException.class, run::forward);
            assertTrue(e.getMessage().contains("input number of timesteps changed"), e.getMessage());
            run.bottom.get(0).reshape(STEPS, BATCH + 1, INPUTS);
            run.bottom.get(1).reshape(STEPS, BATCH + 1);
            assertEquals(STEPS * (BATCH + 1) * OUTPUTS, run.forward().length);
        }
    }
}
