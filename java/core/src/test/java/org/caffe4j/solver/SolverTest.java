package org.caffe4j.solver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.caffe4j.CapturedLog;
import org.caffe4j.Context;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.io.PrototxtReader;
import org.caffe4j.proto.SolverParameter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The loop around a net whose loss is w·10·n at forward pass n, so the gradient of w, which starts at 2, is 10·n. */
class SolverTest {
    private static final String NET = "net_param { name: 'tiny' "
            + "layer { name: 'data' type: 'TestSource' top: 'data' input_param { shape { dim: 4 } } } "
            + "layer { name: 'gain' type: 'TestGain' bottom: 'data' top: 'gain' } "
            + "layer { name: 'loss' type: 'TestSumLoss' bottom: 'gain' top: 'loss' } "
            + "layer { name: 'value' type: 'TestGain' bottom: 'data' top: 'value' param { lr_mult: 0 } include { phase: TEST } } } ";

    @TempDir
    Path folder;

    private final Context context = Context.cpu(1);
    private final List<Solver> opened = new ArrayList<>();

    @AfterEach
    void close() {
        opened.forEach(Solver::close);
        context.close();
    }

    private Solver solver(String text) {
        SolverParameter param = PrototxtReader.parseSolver(NET + " snapshot_prefix: '" + folder.resolve("snap") + "' " + text, "test");
        Solver solver = SolverFactory.create(param, context);
        opened.add(solver);
        return solver;
    }

    private static float weight(Solver solver) {
        return solver.net().layerByName("gain").blobs().get(0).data().toArray()[0];
    }

    @Test
    void stepsWithMomentumDecayAndIterSize() {
        Solver solver = solver("base_lr: 0.01 lr_policy: 'fixed' momentum: 0.5 weight_decay: 0.1 iter_size: 2 snapshot_after_train: false");
        solver.step(1);
        double w = 2;
        double h = 0.01 * ((10 + 20) / 2.0 + 0.1 * w);
        w -= h;
        assertEquals(w, weight(solver), 1e-5);
        solver.step(1);
        h = 0.5 * h + 0.01 * ((30 + 40) / 2.0 + 0.1 * w);
        w -= h;
        assertEquals(w, weight(solver), 1e-5);
        assertEquals(2, solver.iteration());
        assertEquals(h, solver.history().get(0).data().toArray()[0], 1e-6);
    }

    @Test
    void clipsTheSumOverIterSize() {
        Solver solver = solver("base_lr: 1 lr_policy: 'fixed' iter_size: 2 clip_gradients: 3");
        try (CapturedLog log = new CapturedLog()) {
            solver.step(1);
            assertTrue(log.lines().contains("Gradient clipping: scaling down gradients (L2 norm 30 > 3) by scale factor 0.1"),
                    log.lines().toString());
        }
        assertEquals(2 - 1.5, weight(solver), 1e-6);
    }

    @Test
    void testsAndLogsAsCaffeDoes() {
        Solver solver = solver("base_lr: 0.01 lr_policy: 'multistep' gamma: 0.1 stepvalue: 2 max_iter: 4 display: 2 average_loss: 2 test_iter: 2 "
                + "test_interval: 2 test_compute_loss: true snapshot_after_train: false");
        List<String> lines;
        try (CapturedLog log = new CapturedLog()) {
            solver.solve();
            lines = log.lines().stream().map(line -> line.replaceFirst("\\([^ ]* iter/s, [^ ]*s/2 iters\\)", "(_)")).toList();
        }
        assertEquals(List.of(
                "Solving tiny",
                "Learning Rate Policy: multistep",
                "Iteration 0, Testing net (#0)",
                "Test loss: 30",
                "    Test net output #0: loss = 30 (* 1 = 30 loss)",
                "    Test net output #1: value = 3",
                "    Test net output #2: value = 6",
                "    Test net output #3: value = 9",
                "    Test net output #4: value = 12",
                "Iteration 0 (_), loss = 20",
                "    Train net output #0: loss = 20 (* 1 = 20 loss)",
                "Iteration 0, lr = 0.01",
                "Iteration 2, Testing net (#0)",
                "Test loss: 59.5",
                "    Test net output #0: loss = 59.5 (* 1 = 59.5 loss)",
                "    Test net output #1: value = 7",
                "    Test net output #2: value = 14",
                "    Test net output #3: value = 21",
                "    Test net output #4: value = 28",
                "Iteration 2 (_), loss = 44.5",
                "    Train net output #0: loss = 51 (* 1 = 51 loss)",
                "MultiStep Status: Iteration 2, step = 1",
                "Iteration 2, lr = 0.001",
                "Iteration 4, Testing net (#0)",
                "Test loss: 89.65",
                "    Test net output #0: loss = 89.65 (* 1 = 89.65 loss)",
                "    Test net output #1: value = 11",
                "    Test net output #2: value = 22",
                "    Test net output #3: value = 33",
                "    Test net output #4: value = 44",
                "Optimization Done."), lines.stream().filter(line -> !line.startsWith("Iteration 4, loss")).toList());
        assertTrue(lines.stream().anyMatch(line -> line.startsWith("Iteration 4, loss = ")), lines.toString());
    }

    @Test
    void stopsAndTellsListeners() {
        Solver solver = solver("base_lr: 0.01 lr_policy: 'fixed' max_iter: 100 snapshot_after_train: false display: 1");
        List<String> calls = new ArrayList<>();
        solver.addListener(new SolverListener() {
            @Override
            public void onStart(Solver s) {
                calls.add("start" + s.iteration());
            }

            @Override
            public void onDisplay(Solver s, float loss, List<OutputValue> outputs, double rate) {
                calls.add("display " + outputs.get(0).text());
                assertTrue(rate > 0 && Double.isFinite(rate));
            }

            @Override
            public void onGradientsReady(Solver s) {
                calls.add("gradients" + s.net().layerByName("gain").blobs().get(0).diff().toArray()[0]);
            }

            @Override
            public void onIteration(Solver s, float loss) {
                calls.add("done" + s.iteration() + "=" + loss);
                s.requestStop();
            }
        });
        solver.solve();
        assertEquals(List.of("start0", "display loss = 20 (* 1 = 20 loss)", "gradients10.0", "done1=20.0"), calls);
        assertTrue(solver.stoppedEarly());
        assertEquals(1, solver.iteration());
    }

    @Test
    void usesOnlyTheSolverStateOfItsPhase() {
        Solver solver = solver("base_lr: 0.01 lr_policy: 'fixed' test_iter: 1 test_iter: 1 test_interval: 5 "
                + "train_state { stage: 'a' } test_state { stage: 'b' level: 3 } test_state { }");
        assertEquals(List.of("loss"), solver.net().outputNames());
        assertEquals(2, solver.testNets().size());
        assertEquals(List.of("loss", "value"), solver.testNets().get(0).outputNames());
        assertEquals(2, solver.test(1).size() - 3);
    }

    @Test
    void refusesWrongDescriptions() throws Exception {
        check("base_lr: 1 lr_policy: 'fixed' type: 'Sgd'", "Unknown solver type: Sgd (known types: AdaDelta, AdaGrad, Adam, Nesterov, RMSProp, SGD)");
        check("base_lr: 1 lr_policy: 'fixd'", "Unknown learning rate policy: fixd");
        check("base_lr: 1 lr_policy: 'fixed' train_net: 'x'", "SolverParameter must not contain more than one");
        check("base_lr: 1 lr_policy: 'fixed' test_iter: 1", "test_interval must be greater than 0");
        check("base_lr: 1 lr_policy: 'fixed' test_net: 'x'", "test_iter must be specified for each test network.");
        check("base_lr: 1 lr_policy: 'fixed' test_iter: 1 test_interval: 1 test_state { } test_state { }",
                "test_state must be unspecified or specified once per test net.");
        check("base_lr: 1 lr_policy: 'fixed' regularization_type: 'L3'", "Unknown regularization type: L3");
        check("base_lr: 1 lr_policy: 'fixed' type: 'AdaGrad' momentum: 0.9", "Momentum cannot be used with AdaGrad");
        check("base_lr: 1 lr_policy: 'fixed' type: 'RMSProp' momentum: 0.9", "Momentum cannot be used with RMSProp");
        check("base_lr: 1 lr_policy: 'fixed' type: 'RMSProp' rms_decay: 1", "rms_decay should lie between 0 and 1");
        check("base_lr: 1 lr_policy: 'fixed' average_loss: 0", "average_loss");
        NetDefinitionException none = assertThrows(NetDefinitionException.class,
                () -> SolverFactory.create(PrototxtReader.parseSolver("base_lr: 1 lr_policy: 'fixed'", "test"), context));
        assertTrue(none.getMessage().startsWith("SolverParameter must specify a train net using one of these fields"), none.getMessage());
        assertFalse(Files.list(folder).findAny().isPresent(), "nothing is left behind");
    }

    private void check(String text, String message) {
        NetDefinitionException e = assertThrows(NetDefinitionException.class, () -> solver(text));
        assertTrue(e.getMessage().contains(message), e.getMessage());
    }

    @Test
    void refusesUseAfterClose() {
        Solver solver = solver("base_lr: 1 lr_policy: 'fixed'");
        solver.close();
        solver.close();
        assertThrows(IllegalStateException.class, () -> solver.step(1));
    }
}
