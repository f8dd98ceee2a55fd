package org.caffe4j.solver;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.jhdf.HdfFile;
import io.jhdf.WritableHdfFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.caffe4j.CapturedLog;
import org.caffe4j.Context;
import org.caffe4j.DataException;
import org.caffe4j.TestDevice;
import org.caffe4j.data.Database;
import org.caffe4j.data.DatabaseWriter;
import org.caffe4j.io.Image;
import org.caffe4j.io.Images;
import org.caffe4j.io.PrototxtReader;
import org.caffe4j.io.ResumeFile;
import org.caffe4j.layer.data.MemoryDataLayer;
import org.caffe4j.proto.DataParameter.DB;
import org.caffe4j.proto.Datum;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A run of 20 iterations against one of 10 that is resumed in another solver: weights and log lines are equal bit by bit. */
class ExactResumeTest {
    private static final int ITEMS = 23;

    @TempDir
    Path folder;

    @BeforeEach
    void makeData() throws IOException {
        Random random = new Random(5);
        StringBuilder list = new StringBuilder();
        StringBuilder windows = new StringBuilder();
        float[][] rows = new float[ITEMS][36];
        float[] labels = new float[ITEMS];
        try (DatabaseWriter database = Database.create(DB.LMDB, folder.resolve("lmdb"))) {
            for (int i = 0; i < ITEMS; i++) {
                byte[] pixels = new byte[36];
                random.nextBytes(pixels);
                for (int j = 0; j < 36; j++) {
                    rows[i][j] = (pixels[j] & 0xff) / 256f;
                }
                labels[i] = i % 3;
                byte[] key = String.format(Locale.ROOT, "%05d", i).getBytes(StandardCharsets.UTF_8);
                database.put(key, Datum.newBuilder().setChannels(1).setHeight(6).setWidth(6)
                    .setLabel(i % 3).setData(ByteString.copyFrom(pixels)).build().toByteArray());
                Files.write(folder.resolve(i + ".png"), Images.encode(new Image(6, 6, 1, pixels), "png"));
                list.append(i).append(".png ").append(i % 3).append('\n');
                windows.append("# ").append(i).append('\n').append(i).append(".png\n1\n6\n6\n2\n").append(1 + i % 2)
                    .append(" 1 0 0 3 4\n0 0 1 1 5 4\n");
            }
            database.finish();
        }
        Files.writeString(folder.resolve("list.txt"), list);
        Files.writeString(folder.resolve("windows.txt"), windows);
        hdf5("a.h5", rows, labels, 0, 9);
        hdf5("b.h5", rows, labels, 9, ITEMS);
        Files.writeString(folder.resolve("h5.txt"), "a.h5\nb.h5\n");
    }

    private void hdf5(String name, float[][] rows, float[] labels, int from, int to) {
        try (WritableHdfFile hdf = HdfFile.write(folder.resolve(name))) {
            hdf.putDataset("data", Arrays.copyOfRange(rows, from, to));
            hdf.putDataset("label", Arrays.copyOfRange(labels, from, to));
        }
    }

    /** Text of a data layer; relative names are of the test's folder. */
    private String source(String kind) {
        String transform = "transform_param { crop_size: 5 mirror: true scale: 0.01 }";
        String text = switch (kind) {
            case "lmdb" -> "type: 'Data' data_param { source: '@lmdb' backend: LMDB batch_size: 4 } " + transform;
            case "hdf5" -> "type: 'HDF5Data' hdf5_data_param { source: '@h5.txt' batch_size: 4 shuffle: true }";
            case "images" -> "type: 'ImageData' image_data_param { source: '@list.txt' root_folder: '@' batch_size: 4 is_color: false "
                + "shuffle: true rand_skip: 9 } " + transform;
            case "windows" -> "type: 'WindowData' window_data_param { source: '@windows.txt' root_folder: '@' batch_size: 4 "
                + "fg_fraction: 0.5 scale: 0.01 } " + transform;
            case "dummy" -> "type: 'DummyData' dummy_data_param { shape { dim: 4 dim: 7 } shape { dim: 4 } "
                + "data_filler { type: 'gaussian' } data_filler { value: 1 } }";
            case "memory" -> "type: 'MemoryData' memory_data_param { batch_size: 4 channels: 1 height: 1 width: 1 }";
            default -> throw new IllegalArgumentException(kind);
        };
        return text.replace("@", folder + "/");
    }

    private Solver solver(Context context, String kind, String more) {
        String data = "layer { name: 'd' top: 'data' top: 'label' " + source(kind) + " } ";
        Solver solver = SolverFactory.create(PrototxtReader.parseSolver("net_param { " + data
            + "layer { name: 'ip1' type: 'InnerProduct' bottom: 'data' top: 'ip1' inner_product_param { num_output: 8 "
            + "  weight_filler { type: 'xavier' } } } "
            + "layer { name: 'drop' type: 'Dropout' bottom: 'ip1' top: 'ip1' } "
            + "layer { name: 'ip2' type: 'InnerProduct' bottom: 'ip1' top: 'ip2' inner_product_param { num_output: 3 "
            + "  weight_filler { type: 'xavier' } } } "
            + "layer { name: 'loss' type: 'SoftmaxWithLoss' bottom: 'ip2' bottom: 'label' top: 'loss' } } "
            + "base_lr: 0.1 lr_policy: 'multistep' gamma: 0.5 stepvalue: 7 stepvalue: 13 momentum: 0.9 max_iter: 20 display: 1 "
            + "average_loss: 7 test_iter: 3 test_interval: 4 snapshot: 10 snapshot_prefix: '"
            + folder.resolve("snap") + "' " + more, "test"), context);
        if (kind.equals("memory")) {
            for (int i = 0; i < 2; i++) {
                MemoryDataLayer layer = (MemoryDataLayer) (i == 0 ? solver.net() : solver.testNets().get(0)).layerByName("d");
                layer.reset(new float[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 8, 7, 6}, new float[] {0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2});
            }
        }
        return solver;
    }

    /** Runs to iteration 20 and gives what is to be compared: the log from iteration 10 on, without times and prefetching; the weights' bits. */
    private List<String> finish(Solver solver) {
        List<String> result;
        try (CapturedLog log = new CapturedLog()) {
            solver.solve();
            List<String> lines = log.lines().stream().map(line -> line.replaceFirst("\\([^ ]* iter/s, [^ ]*s/1 iters\\)", "(_)"))
                .filter(line -> !line.contains("napshot") && !line.matches("Waiting for data|Restarting data prefetching.*")).toList();
            int from = lines.indexOf(lines.stream().filter(line -> line.startsWith("Iteration 10 (_)")).findFirst().orElseThrow());
            result = new ArrayList<>(lines.subList(from, lines.size()));
        }
        solver.net().learnableParams().forEach(p -> {
            for (float value : p.blob().data().toArray()) {
                result.add(Integer.toHexString(Float.floatToRawIntBits(value)));
            }
        });
        return result;
    }

    private List<String> uninterrupted(String kind, String more) {
        try (Context context = TestDevice.context(2); Solver solver = solver(context, kind, more + " random_seed: 3")) {
            return finish(solver);
        }
    }

    private List<String> resumed(String kind, String more, boolean exact) {
        try (Context context = TestDevice.context(2); Solver solver = solver(context, kind, more + " random_seed: 99")) {
            solver.restore(folder.resolve("snap_iter_10.solverstate" + (more.contains("HDF5") ? ".h5" : "")), exact);
            return finish(solver);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"lmdb", "hdf5", "images", "windows", "dummy", "memory"})
    void aResumedRunIsTheUninterruptedOne(String kind) {
        List<String> expected = uninterrupted(kind, "");
        assertTrue(expected.size() > 40 && expected.stream().anyMatch(line -> line.contains("Testing net")), expected.toString());
        assertEquals(expected, resumed(kind, "", true));
    }

    @Test
    void withAnotherSolverTypeAndHdf5Snapshots() {
        String more = "snapshot_format: HDF5 type: 'Adam' iter_size: 2";
        assertEquals(uninterrupted("lmdb", more), resumed("lmdb", more, true));
    }

    @Test
    void aSnapshotDuringATestResumesWithThatTest() {
        List<String> expected = uninterrupted("lmdb", "");
        try (Context context = TestDevice.context(2); Solver solver = solver(context, "lmdb", "random_seed: 3")) {
            solver.addListener(new SolverListener() {
                @Override
                public void onTestBatch(Solver running, int net, int batch, int batches) {
                    if (running.iteration() == 8 && batch == 2) {
                        running.requestSnapshot();
                        running.requestStop();
                    }
                }
            });
            solver.solve();
        }
        try (Context context = TestDevice.context(2); Solver solver = solver(context, "lmdb", "random_seed: 99")) {
            solver.restore(folder.resolve("snap_iter_8.solverstate"));
            assertEquals(expected, finish(solver));
        }
    }

    @Test
    void withoutTheFileOrWithADamagedOneItStartsDataAnew() throws IOException {
        List<String> expected = uninterrupted("lmdb", "");
        assertNotEquals(expected, resumed("lmdb", "", false));
        Path state = folder.resolve("snap_iter_10.solverstate");
        Path resume = ResumeFile.beside(state);
        byte[] intact = Files.readAllBytes(resume);
        byte[] damaged = intact.clone();
        damaged[damaged.length / 2] ^= 4;
        byte[] foreign = new byte[100];
        byte[] later = intact.clone();
        later[11] = 2;
        for (byte[] bytes : new byte[][] {damaged, foreign, later, Arrays.copyOf(intact, 10), Arrays.copyOf(intact, 50)}) {
            Files.write(resume, bytes);
            try (Context context = TestDevice.context(1); Solver solver = solver(context, "lmdb", ""); CapturedLog log = new CapturedLog()) {
                solver.restore(state);
                assertEquals(10, solver.iteration());
                assertTrue(log.lines().stream().anyMatch(line -> line.contains(resume + " ") && line.contains("start anew")),
                    log.lines().toString());
            }
        }
        Files.delete(resume);
        try (Context context = TestDevice.context(1); Solver solver = solver(context, "lmdb", "")) {
            solver.restore(state);
            assertEquals(10, solver.iteration());
        }
        Files.write(resume, intact);
        Files.write(state, new byte[] {0x08, 0x0a, 0x20, 0x01}, StandardOpenOption.APPEND);
        try (Context context = TestDevice.context(1); Solver solver = solver(context, "lmdb", ""); CapturedLog log = new CapturedLog()) {
            solver.restore(state);
            assertTrue(log.lines().stream().anyMatch(line -> line.contains("written for another solver state")), log.lines().toString());
        }
    }

    @Test
    void otherDataAreRefusedWithAHint() throws IOException {
        uninterrupted("images", "");
        Files.writeString(folder.resolve("list.txt"), "0.png 0\n1.png 1\n2.png 2\n3.png 0\n4.png 0\n5.png 0\n6.png 0\n7.png 0\n8.png 0\n");
        Path state = folder.resolve("snap_iter_10.solverstate");
        try (Context context = TestDevice.context(1); Solver solver = solver(context, "images", "")) {
            String message = assertThrows(DataException.class, () -> solver.restore(state)).getMessage();
            assertTrue(message.contains("layer 'd' (ImageData)") && message.contains("23 items then, and are 9 now")
                && message.contains("--ignore_resume"), message);
            solver.restore(state, false);
            solver.step(1);
            assertEquals(11, solver.iteration());
        }
        try (Context context = TestDevice.context(1); Solver other = solver(context, "lmdb", "")) {
            assertThrows(DataException.class, () -> other.restore(state));
        }
    }

    @Test
    void carriedStatesOfRecurrentLayersGoOn() {
        String net = "net_param { layer { name: 'd' type: 'DummyData' top: 'x' top: 'cont' top: 'y' "
            + "dummy_data_param { shape { dim: 3 dim: 2 dim: 2 } shape { dim: 3 dim: 2 } shape { dim: 3 dim: 2 dim: 4 } data_filler { type: 'gaussian' } data_filler { value: 1 } "
            + "data_filler { type: 'gaussian' } } } "
            + "layer { name: 'lstm' type: 'LSTM' bottom: 'x' bottom: 'cont' top: 'h' recurrent_param { num_output: 4 weight_filler { type: 'xavier' } } } "
            + "layer { name: 'loss' type: 'EuclideanLoss' bottom: 'h' bottom: 'y' top: 'loss' } } base_lr: 0.1 lr_policy: 'fixed' "
            + "snapshot_prefix: '" + folder.resolve("rnn") + "' random_seed: 4";
        try (Context context = TestDevice.context(1); Context other = TestDevice.context(1);
             Solver whole = SolverFactory.create(PrototxtReader.parseSolver(net, "test"), context);
             Solver rest = SolverFactory.create(PrototxtReader.parseSolver(net, "test"), other)) {
            whole.step(3);
            Path state = whole.snapshot();
            rest.restore(state);
            whole.step(2);
            rest.step(2);
            assertArrayEquals(whole.net().blobByName("h").data().toArray(), rest.net().blobByName("h").data().toArray());
            assertFalse(Float.isNaN(rest.smoothedLoss()));
        }
    }
}
