package org.caffe4j.solver;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.caffe4j.Context;
import org.caffe4j.TestDevice;
import org.caffe4j.io.PrototxtReader;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The updates of all solver types against their formulas in double precision. The loss is 10·n·a·b at forward pass n for two weights a
 * and b, both 2 at first; b has multipliers of its own.
 */
class SolverReferenceTest {
    private static final int ITERATIONS = 7;
    private static final double BASE = 0.0005;
    private static final String NET = "net_param { layer { name: 'data' type: 'TestSource' top: 'data' input_param { shape { dim: 4 } } } "
            + "layer { name: 'a' type: 'TestGain' bottom: 'data' top: 'a' } "
            + "layer { name: 'b' type: 'TestGain' bottom: 'a' top: 'b' param { lr_mult: 0.5 decay_mult: 3 } } "
            + "layer { name: 'loss' type: 'TestSumLoss' bottom: 'b' top: 'loss' } } ";

    static Stream<Arguments> cases() {
        List<Arguments> cases = new ArrayList<>();
        for (String type : List.of("SGD", "Nesterov", "AdaGrad", "RMSProp", "AdaDelta", "Adam")) {
            for (String regularization : List.of("L2", "L1")) {
                for (int iterSize : new int[] {1, 3}) {
                    for (double clip : new double[] {-1, 30}) {
                        cases.add(Arguments.of(type, regularization, iterSize, clip));
                    }
                }
            }
        }
        return cases.stream();
    }

    private static double rate(int iteration) {
        return BASE * Math.pow(1 + 0.3 * iteration, -0.75);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void matchesTheFormulas(String type, String regularization, int iterSize, double clip) {
        boolean hasMomentum = !type.equals("AdaGrad") && !type.equals("RMSProp");
        double momentum = hasMomentum ? 0.9 : 0;
        double delta = type.equals("AdaDelta") ? 1e-3 : 1e-4;
        String text = NET + "base_lr: " + BASE + " lr_policy: 'inv' gamma: 0.3 power: 0.75 weight_decay: 0.7 regularization_type: '"
                + regularization + "' type: '" + type + "' iter_size: " + iterSize + " clip_gradients: " + clip + " delta: " + delta
                + " rms_decay: 0.8 momentum2: 0.95 " + (hasMomentum ? "momentum: 0.9" : "");
        double[] w = {2, 2};
        double[] h = new double[2];
        double[] s = new double[2];
        double[] lrMult = {1, 0.5};
        double[] decayMult = {1, 3};
        int pass = 0;
        try (Context context = TestDevice.context(1); Solver solver = SolverFactory.create(PrototxtReader.parseSolver(text, "test"), context)) {
            for (int iteration = 0; iteration < ITERATIONS; iteration++) {
                solver.step(1);
                double factor = 0;
                for (int i = 0; i < iterSize; i++) {
                    factor += 10 * ++pass;
                }
                double[] g = {factor * w[1], factor * w[0]};
                double norm = Math.hypot(g[0], g[1]);
                for (int i = 0; i < 2; i++) {
                    double d = clip >= 0 && norm > clip ? g[i] * clip / norm : g[i];
                    d /= iterSize;
                    d += 0.7 * decayMult[i] * (regularization.equals("L2") ? w[i] : Math.signum(w[i]));
                    double rate = rate(iteration) * lrMult[i];
                    double before = h[i];
                    double step;
                    switch (type) {
                        case "SGD" -> step = h[i] = momentum * h[i] + rate * d;
                        case "Nesterov" -> {
                            h[i] = momentum * h[i] + rate * d;
                            step = (1 + momentum) * h[i] - momentum * before;
                        }
                        case "AdaGrad" -> {
                            h[i] += d * d;
                            step = rate * d / (Math.sqrt(h[i]) + delta);
                        }
                        case "RMSProp" -> {
                            h[i] = 0.8 * h[i] + 0.2 * d * d;
                            step = rate * d / (Math.sqrt(h[i]) + delta);
                        }
                        case "AdaDelta" -> {
                            h[i] = momentum * h[i] + (1 - momentum) * d * d;
                            double u = d * Math.sqrt((s[i] + delta) / (h[i] + delta));
                            s[i] = momentum * s[i] + (1 - momentum) * u * u;
                            step = rate * u;
                        }
                        default -> {
                            h[i] = 0.9 * h[i] + 0.1 * d;
                            s[i] = 0.95 * s[i] + 0.05 * d * d;
                            step = rate * Math.sqrt(1 - Math.pow(0.95, iteration + 1)) / (1 - Math.pow(0.9, iteration + 1)) * h[i]
                                    / (Math.sqrt(s[i]) + delta);
                        }
                    }
                    w[i] -= step;
                }
                for (int i = 0; i < 2; i++) {
                    String what = text.substring(NET.length()) + ", iteration " + iteration + ", weight " + i;
                    close(w[i], solver.net().learnableParams().get(i).blob().data().toArray()[0], what);
                    close(h[i], solver.history().get(i).data().toArray()[0], "history, " + what);
                    if (solver.history().size() > 2) {
                        close(s[i], solver.history().get(2 + i).data().toArray()[0], "second history, " + what);
                    }
                }
            }
        }
    }

    private static void close(double expected, double actual, String what) {
        assertEquals(expected, actual, 1e-4 * Math.max(1e-2, Math.abs(expected)), what);
    }
}
