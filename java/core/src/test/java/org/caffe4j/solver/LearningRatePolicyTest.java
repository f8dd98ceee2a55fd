package org.caffe4j.solver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.TextFormat;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.proto.SolverParameter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LearningRatePolicyTest {
    private static LearningRatePolicy policy(String text) throws TextFormat.ParseException {
        return LearningRatePolicy.of(TextFormat.parse("base_lr: 0.1 " + text, SolverParameter.class));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "lr_policy: 'fixed'                                      | 1000 | 0.1",
        "lr_policy: 'step' gamma: 0.5 stepsize: 4                | 3    | 0.1",
        "lr_policy: 'step' gamma: 0.5 stepsize: 4                | 4    | 0.05",
        "lr_policy: 'step' gamma: 0.5 stepsize: 4                | 9    | 0.025",
        "lr_policy: 'exp' gamma: 0.9                             | 3    | 0.0729",
        "lr_policy: 'inv' gamma: 0.1 power: 0.75                 | 9    | 0.06179236",
        "lr_policy: 'poly' power: 1.5 max_iter: 12               | 3    | 0.06495191",
        "lr_policy: 'poly' power: 1.5 max_iter: 12               | 12   | 0",
        "lr_policy: 'sigmoid' gamma: 0.5 stepsize: 10            | 10   | 0.05",
        "lr_policy: 'sigmoid' gamma: 0.5 stepsize: 10            | 12   | 0.07310586"})
    void followsFormula(String text, int iteration, float expected) throws TextFormat.ParseException {
        LearningRatePolicy policy = policy(text);
        assertEquals(expected, policy.rate(iteration, policy.step(iteration, 0)), 1e-7f);
    }

    @Test
    void multistepAdvancesOnceACall() throws TextFormat.ParseException {
        LearningRatePolicy policy = policy("lr_policy: 'multistep' gamma: 0.1 stepvalue: 3 stepvalue: 3 stepvalue: 7");
        assertEquals(0, policy.step(2, 0));
        assertEquals(1, policy.step(3, 0));
        assertEquals(2, policy.step(4, 1));
        assertEquals(2, policy.step(6, 2));
        assertEquals(3, policy.step(7, 2));
        assertEquals(3, policy.step(1000, 3));
        assertEquals(0.001f, policy.rate(4, 2), 1e-9f);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "lr_policy: 'cosine'                 | Unknown learning rate policy: cosine",
        "                                    | Unknown learning rate policy:",
        "lr_policy: 'step' gamma: 0.1        | stepsize > 0",
        "lr_policy: 'exp' gamma: -1          | gamma >= 0",
        "lr_policy: 'poly' power: 1          | max_iter > 0"})
    void refusesWrongFields(String text, String message) {
        NetDefinitionException e = assertThrows(NetDefinitionException.class, () -> policy(text == null ? "" : text));
        assertTrue(e.getMessage().contains(message), e.getMessage());
    }

    @Test
    void refusesToBeNotANumber() throws TextFormat.ParseException {
        LearningRatePolicy policy = policy("lr_policy: 'poly' power: 0.5 max_iter: 10");
        assertThrows(NetDefinitionException.class, () -> policy.rate(11, 0));
    }
}
