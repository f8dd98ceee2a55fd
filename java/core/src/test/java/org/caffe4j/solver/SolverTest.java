package org.caffe4j.solver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.caffe4j.CapturedLog;
import org.caffe4j.Context;
import org.caffe4j.DataException;
import org.caffe4j.ModelFormatException;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.TestDevice;
import org.caffe4j.io.PrototxtReader;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.NetParameter;
import org.caffe4j.proto.SolverParameter;
import org.caffe4j.proto.SolverState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The loop around a net whose loss is w·10·n at forward pass n, so the gradient of w, which starts at 2, is 10·n. */
class SolverTest {
    private static final String NET = "net_param { name: 'tiny' "
            + "layer { name: 'data' type: 'TestSource' top: 'data' input_param { shape { dim: 4 } } } "
            + "layer { name: 'gain' type: 'TestGain' bottom: 'data' top: 'gain' } "
            + "layer { name: 'loss' type: 'TestSumLoss' bottom: 'gain' top: 'loss' } "
            + "layer { name: 'value' type: 'TestGain' bottom: 'data' top: 'value' param { lr_mult: 0 } include { phase: TEST } } } ";

    @TempDir
    Path folder;

    private final Context context = TestDevice.context(1);
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
        Solver solver = solver("base_lr: 0.01 lr_policy: 'multistep' gamma: 0.1 stepvalue: 2 max_iter: 4 display: 2 "
                + "average_loss: 2 test_iter: 2 test_interval: 2 test_compute_loss: true snapshot_after_train: false");
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
        check("base_lr: 1 lr_policy: 'fixed' type: 'Sgd'",
                "Unknown solver type: Sgd (known types: AdaDelta, AdaGrad, Adam, Nesterov, RMSProp, SGD)");
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

    @ParameterizedTest
    @CsvSource({"SGD,BINARYPROTO", "SGD,HDF5", "Nesterov,BINARYPROTO", "Nesterov,HDF5", "AdaGrad,BINARYPROTO", "AdaGrad,HDF5",
        "RMSProp,BINARYPROTO", "RMSProp,HDF5", "AdaDelta,BINARYPROTO", "AdaDelta,HDF5", "Adam,BINARYPROTO", "Adam,HDF5"})
    void goesOnFromASnapshotAsIfUninterrupted(String type, String format) {
        String text = "base_lr: 0.01 lr_policy: 'multistep' gamma: 0.1 stepvalue: 1 max_iter: 4 type: '" + type
                + "' snapshot_format: " + format + (type.equals("AdaGrad") || type.equals("RMSProp") ? "" : " momentum: 0.9");
        Solver whole = solver(text);
        whole.step(2);
        Path state = whole.snapshot();
        assertEquals("snap_iter_2.solverstate" + (format.equals("HDF5") ? ".h5" : ""), state.getFileName().toString());
        whole.step(2);
        Solver resumed = solver(text);
        resumed.restore(state);
        assertEquals(2, resumed.iteration());
        assertEquals(1, resumed.currentStep());
        resumed.net().forward();
        resumed.net().forward();
        resumed.step(2);
        assertEquals(weight(whole), weight(resumed));
    }

    @Test
    void snapshotsAtIntervalsOnRequestAndAtTheEnd() throws IOException {
        Solver solver = solver("base_lr: 0.01 lr_policy: 'fixed' max_iter: 5 snapshot: 2");
        List<String> told = new ArrayList<>();
        solver.addListener(new SolverListener() {
            @Override
            public void onIteration(Solver s, float loss) {
                if (s.iteration() == 3) {
                    s.requestSnapshot();
                }
            }

            @Override
            public void onSnapshot(Solver s, Path model, Path state) {
                assertTrue(Files.exists(model) && Files.exists(state));
                told.add(model.getFileName().toString());
            }
        });
        solver.solve();
        assertEquals(List.of("snap_iter_2.caffemodel", "snap_iter_3.caffemodel", "snap_iter_4.caffemodel", "snap_iter_5.caffemodel"), told);
        NetParameter model = PrototxtReader.readNetBinary(folder.resolve("snap_iter_5.caffemodel"));
        assertEquals("tiny", model.getName());
        assertEquals(List.of("data", "gain", "loss"), model.getLayerList().stream().map(LayerParameter::getName).toList());
        assertEquals(1, model.getLayer(1).getBlobsCount());
        assertEquals(0, model.getLayer(1).getBlobs(0).getDiffCount());
        assertFalse(model.hasState());
        assertEquals(folder.resolve("snap_iter_5.caffemodel").toString(),
                PrototxtReader.readBinary(folder.resolve("snap_iter_5.solverstate"), SolverState.getDefaultInstance()).getLearnedNet());
    }

    @Test
    void findsTheModelBesideAMovedState() throws IOException {
        Solver solver = solver("base_lr: 0.01 lr_policy: 'fixed' snapshot_diff: true");
        solver.step(1);
        solver.snapshot();
        Path moved = Files.createDirectory(folder.resolve("moved"));
        for (String name : List.of("snap_iter_1.caffemodel", "snap_iter_1.solverstate")) {
            Files.move(folder.resolve(name), moved.resolve(name));
        }
        Solver resumed = solver("base_lr: 0.01 lr_policy: 'fixed'");
        resumed.restore(moved.resolve("snap_iter_1.solverstate"));
        assertEquals(weight(solver), weight(resumed));
        assertEquals(1, PrototxtReader.readNetBinary(moved.resolve("snap_iter_1.caffemodel")).getLayer(1).getBlobs(0).getDiffCount());
    }

    @Test
    void refusesAStateThatDoesNotFit() {
        Solver adam = solver("base_lr: 0.01 lr_policy: 'fixed' type: 'Adam'");
        Path state = adam.snapshot();
        Solver sgd = solver("base_lr: 0.01 lr_policy: 'fixed'");
        ModelFormatException e = assertThrows(ModelFormatException.class, () -> sgd.restore(state));
        assertTrue(e.getMessage().startsWith("Incorrect length of history blobs."), e.getMessage());
        ModelFormatException model = assertThrows(ModelFormatException.class, () -> sgd.restore(folder.resolve("snap_iter_0.caffemodel")));
        assertTrue(model.getMessage().contains("--weights"), model.getMessage());
        ModelFormatException absent = assertThrows(ModelFormatException.class, () -> sgd.restore(folder.resolve("no.solverstate")));
        assertTrue(absent.getMessage().contains("no.solverstate"), absent.getMessage());
        assertEquals(0, sgd.iteration());
    }

    @Test
    void startsFromWeightsInEveryNet() {
        Solver trained = solver("base_lr: 0.01 lr_policy: 'fixed'");
        trained.step(1);
        Path state = trained.snapshot();
        String tested = "base_lr: 0.01 lr_policy: 'fixed' test_iter: 1 test_interval: 1 weights: '";
        Solver finetuned = solver(tested + folder.resolve("snap_iter_1.caffemodel") + "'");
        assertEquals(1.9f, weight(finetuned));
        assertEquals(1.9f, finetuned.testNets().get(0).layerByName("gain").blobs().get(0).data().toArray()[0]);
        assertEquals(0, finetuned.iteration());
        ModelFormatException e = assertThrows(ModelFormatException.class, () -> solver(tested + state + "'"));
        assertTrue(e.getMessage().contains("--snapshot"), e.getMessage());
    }

    @Test
    void warnsByNameOfLayersThatGetNoWeights() {
        Path model = solver("base_lr: 0.01 lr_policy: 'fixed'").snapshot().resolveSibling("snap_iter_0.caffemodel");
        try (CapturedLog log = new CapturedLog()) {
            solver("base_lr: 0.01 lr_policy: 'fixed' test_iter: 1 test_interval: 1 weights: '" + model + "'");
            assertEquals(List.of(model + " has no weights for these layers, which keep their initial values: value"),
                    log.lines().stream().filter(line -> line.contains("no weights")).toList());
        }
    }

    @Test
    void stopsBeforeTheUpdateIfTheLossIsNotFiniteAndThatIsAskedFor() {
        String text = "base_lr: 1e38 lr_policy: 'fixed' momentum: 0.9 ";
        Solver unchecked = solver(text);
        unchecked.step(4);
        assertFalse(Float.isFinite(weight(unchecked)));
        Solver checked = solver(text);
        checked.setCheckFinite(true);
        DataException e = assertThrows(DataException.class, () -> checked.step(4));
        assertTrue(e.getMessage().startsWith("Iteration " + checked.iteration() + ": the loss is ") && e.getMessage().contains("base_lr"),
                e.getMessage());
        assertTrue(checked.iteration() < 4);
    }

    @Test
    void findsOutEarlyThatSnapshotsCannotBeWritten() {
        SolverParameter param = PrototxtReader.parseSolver(NET + "base_lr: 1 lr_policy: 'fixed' snapshot: 10 snapshot_prefix: '"
                + folder.resolve("absent/snap") + "'", "test");
        DataException e = assertThrows(DataException.class, () -> SolverFactory.create(param, context));
        assertTrue(e.getMessage().startsWith("Cannot write to snapshot prefix '"), e.getMessage());
        NetDefinitionException unset = assertThrows(NetDefinitionException.class,
                () -> SolverFactory.create(param.toBuilder().clearSnapshotPrefix().build(), context));
        assertTrue(unset.getMessage().contains("snapshot_prefix"), unset.getMessage());
        try (Solver last = SolverFactory.create(param.toBuilder().clearSnapshot().setMaxIter(2).build(), context)) {
            e = assertThrows(DataException.class, last::solve);
            assertTrue(e.getMessage().startsWith("Cannot write to snapshot prefix '"), e.getMessage());
            assertEquals(0, last.iteration());
        }
    }
}
