package org.caffe4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.caffe4j.io.PrototxtReader;
import org.caffe4j.solver.Solver;
import org.caffe4j.solver.SolverFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * Drives the conditions that end Caffe's process, all in one context of one process: each gives an exception of the right kind that says
 * what is wrong, and the same context trains a net after them. The tables are test resources in bad_input.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BadInputTest {
    private static final Map<String, Class<? extends RuntimeException>> KINDS = Map.of("NET", NetDefinitionException.class,
        "SHAPE", ShapeException.class, "DATA", DataException.class, "MODEL", ModelFormatException.class,
        "LAYER", UnsupportedLayerException.class, "STATE", IllegalStateException.class, "ARGUMENT", IllegalArgumentException.class);

    @TempDir
    Path folder;

    private Context context;

    @BeforeAll
    void open() {
        context = TestDevice.context(2);
    }

    @AfterAll
    void close() {
        context.close();
    }

    private interface Bad {
        void run() throws IOException;
    }

    /** What is wrong with what {@code bad} throws, empty if nothing. */
    private static String verdict(String name, String kind, String part, Bad bad) {
        try {
            bad.run();
            return name + ": nothing thrown\n";
        } catch (RuntimeException e) {
            boolean right = e.getClass() == KINDS.get(kind) && e.getMessage().contains(part);
            return right ? "" : name + ": wanted " + kind + " with \"" + part + "\", got " + e + "\n";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String[]> rows(String table, int columns) throws IOException {
        List<String[]> rows = new ArrayList<>();
        String text;
        try (InputStream in = BadInputTest.class.getResourceAsStream("/bad_input/" + table)) {
            text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
        for (String line : text.lines().filter(l -> !l.startsWith("#")).toList()) {
            String[] row = line.split("\\|", -1);
            for (int i = 0; i < row.length; i++) {
                row[i] = row[i].strip();
            }
            assertEquals(columns, row.length, line);
            rows.add(row);
        }
        return rows;
    }

    /** A net of one layer, and Input layers for its bottoms, run forward and backward. */
    private void runLayer(String[] row) {
        String[] bottoms = row[1].isEmpty() ? new String[0] : row[1].split(";");
        StringBuilder net = new StringBuilder("force_backward: true ");
        StringBuilder layer = new StringBuilder("layer { name: 'l' type: '" + row[0] + "' ");
        for (int i = 0; i < bottoms.length; i++) {
            net.append("layer { name: 'in").append(i).append("' type: 'Input' top: 'b").append(i).append("' input_param { shape {");
            for (String dim : bottoms[i].replaceFirst("=.*", "").strip().split(" ")) {
                net.append(dim.equals("-") ? "" : " dim: " + dim);
            }
            net.append(" } } } ");
            layer.append("bottom: 'b").append(i).append("' ");
        }
        for (int i = 0; i < Integer.parseInt(row[2]); i++) {
            layer.append("top: 't").append(i).append("' ");
        }
        net.append(layer).append(row[3]).append(" }");
        try (Net made = new Net(PrototxtReader.parseNet(net.toString(), "test"), Phase.TRAIN, context)) {
            for (int i = 0; i < bottoms.length; i++) {
                if (bottoms[i].contains("=")) {
                    made.inputs().get(i).data().fill(Float.parseFloat(bottoms[i].replaceFirst(".*=", "")));
                }
            }
            made.forward();
            made.backward();
        }
    }

    @Test
    void layers() throws IOException {
        StringBuilder wrong = new StringBuilder();
        for (String[] row : rows("layers.txt", 6)) {
            if (!TestDevice.isGpu() || !row[3].contains("engine: CUDNN")) {  // which is right there
                wrong.append(verdict(String.join(" | ", row), row[4], row[5], () -> runLayer(row)));
            }
        }
        assertEquals("", wrong.toString());
        trains();
    }

    private static final String GOOD = "layer { name: 'd' type: 'DummyData' top: 'x' top: 'y' dummy_data_param { shape { dim: 4 dim: 3 } "
        + "shape { dim: 4 } data_filler { type: 'gaussian' } data_filler { value: 1 } } } "
        + "layer { name: 'ip' type: 'InnerProduct' bottom: 'x' top: 'ip' inner_product_param { num_output: 2 weight_filler { type: 'xavier' } } } layer { name: 'loss' type: 'SoftmaxWithLoss' "
        + "bottom: 'ip' bottom: 'y' top: 'loss' } ";

    private Solver solver(String text) {
        return SolverFactory.create(PrototxtReader.parseSolver(text.replace("@good", GOOD).replace("@folder", folder.toString()), "test"),
            context);
    }

    @Test
    void solvers() throws IOException {
        StringBuilder wrong = new StringBuilder();
        for (String[] row : rows("solvers.txt", 3)) {
            wrong.append(verdict(String.join(" | ", row), row[1], row[2], () -> {
                try (Solver made = solver(row[0])) {
                    made.solve();
                }
            }));
        }
        assertEquals("", wrong.toString());
        trains();
    }

    @Test
    void blobs() {
        try (Blob blob = new Blob(context, 2, 3); Blob other = new Blob(context, 4, 2)) {
            String wrong = verdict("axis", "SHAPE", "axis 2 out of range for 2-D Blob with shape 2 3 (6)", () -> blob.shape(2))
                + verdict("negative axis", "SHAPE", "axis -3 out of range for 2-D Blob with shape 2 3 (6)", () -> blob.shape(-3))
                + verdict("dimension", "SHAPE", "-1", () -> blob.reshape(2, -1))
                + verdict("axes", "SHAPE", "32", () -> blob.reshape(new long[33]))
                + verdict("count", "SHAPE", "", () -> blob.reshape(1L << 40, 1L << 40))
                + verdict("share data", "SHAPE", "", () -> blob.shareData(other))
                + verdict("share diff", "SHAPE", "", () -> blob.shareDiff(other))
                + verdict("copy", "SHAPE", "", () -> blob.data().copyFrom(other.data()));
            assertEquals("", wrong);
            blob.data().set(1, 2, 3, 4, 5, 6);
            assertEquals(21, blob.data().asum());
        }
        trains();
    }

    @Test
    void files() throws IOException {
        Path text = Files.writeString(folder.resolve("text"), "not a model", StandardCharsets.UTF_8);
        Path missing = folder.resolve("missing");
        try (Net net = new Net(PrototxtReader.parseNet(GOOD, "test"), Phase.TRAIN, context);
             Solver solver = solver("net_param { @good } base_lr: 1 lr_policy: 'fixed' snapshot_prefix: '@folder/files'")) {
            Path state = solver.snapshot();
            String wrong = verdict("weights", "MODEL", text.toString(), () -> net.copyTrainedLayersFrom(text))
                + verdict("no weights", "MODEL", missing.toString(), () -> net.copyTrainedLayersFrom(missing))
                + verdict("state as weights", "MODEL", state.toString(), () -> net.copyTrainedLayersFrom(state))
                + verdict("text as state", "MODEL", text.toString(), () -> solver.restore(text))
                + verdict("no state", "MODEL", missing.toString(), () -> solver.restore(missing))
                + verdict("net", "NET", missing.toString(), () -> Net.open(missing, Phase.TEST, context).close())
                + verdict("net text", "NET", text.toString(), () -> Net.open(text, Phase.TEST, context).close())
                + verdict("solver", "NET", missing.toString(), () -> SolverFactory.open(missing, context).close());
            assertEquals("", wrong);
            net.copyTrainedLayersFrom(state.resolveSibling("files_iter_0.caffemodel"));
            solver.restore(state);
        }
        trains();
    }

    /** The same context still works. */
    private void trains() {
        try (Solver solver = solver("net_param { @good } base_lr: 0.5 lr_policy: 'fixed' max_iter: 30 test_iter: 1 test_interval: 30 "
            + "snapshot_after_train: false random_seed: 1")) {
            float before = solver.net().forward();
            solver.solve();
            float after = solver.net().forward();
            assertTrue(after < 0.5 * before, before + " before training, " + after + " after");
            assertFalse(Float.isNaN(after));
        }
    }
}
