package org.caffe4j.solver;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.LearnableParam;
import org.caffe4j.TestDevice;
import org.caffe4j.io.PrototxtReader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A net trained with engine DEFAULT, whose weights and gradients may stand in layouts of its kernels, ends where CAFFE, plain, ends. */
class EnginesTrainAlikeTest {
    private static final String FILLERS = "weight_filler { type: 'gaussian' std: 0.1 } bias_filler { type: 'uniform' min: -0.1 max: 0.1 } ";

    /** Shared by a convolution of another geometry and, as its counts are equal, by an inner product. */
    private static String net(String engine) {
        return "net_param { name: 'alike' "
            + "layer { name: 'data' type: 'DummyData' top: 'x' top: 'y' dummy_data_param { shape { dim: 3 dim: 8 dim: 9 dim: 9 } "
            + "shape { dim: 3 dim: 5 } data_filler { type: 'gaussian' } data_filler { type: 'uniform' } } } "
            + conv("a/conv", "x", "a", "num_output: 16 kernel_size: 3 pad: 1",
                "param { name: 'w' lr_mult: 2 } param { lr_mult: 3 decay_mult: 0 }", engine)
            + conv("b/conv", "x", "b", "num_output: 16 kernel_size: 3 stride: 2", "param { name: 'w' }", engine)
            + "layer { name: 'crop' type: 'Slice' bottom: 'x' top: 'part' top: 'rest' slice_param { axis: 2 slice_point: 3 } } "
            + "layer { name: 'crop2' type: 'Slice' bottom: 'part' top: 'part2' top: 'rest2' slice_param { axis: 3 slice_point: 3 } } "
            + "layer { name: 'quiet' type: 'Silence' bottom: 'rest' bottom: 'rest2' } "
            + "layer { name: 'dense' type: 'InnerProduct' bottom: 'part2' top: 'dense' param { name: 'w' share_mode: PERMISSIVE } "
            + "inner_product_param { num_output: 16 " + FILLERS + " } } "
            + "layer { name: 'pool' type: 'Pooling' bottom: 'a' top: 'pool' pooling_param { pool: AVE global_pooling: true } } "
            + "layer { name: 'pool2' type: 'Pooling' bottom: 'b' top: 'pool2' pooling_param { global_pooling: true } } "
            + "layer { name: 'flat' type: 'Flatten' bottom: 'pool' top: 'flat' } "
            + "layer { name: 'flat2' type: 'Flatten' bottom: 'pool2' top: 'flat2' } "
            + "layer { name: 'sum' type: 'Eltwise' bottom: 'flat' bottom: 'flat2' bottom: 'dense' top: 'sum' } "
            + "layer { name: 'relu' type: 'ReLU' bottom: 'sum' top: 'sum' } "
            + "layer { name: 'out' type: 'InnerProduct' bottom: 'sum' top: 'out' inner_product_param { num_output: 5 " + FILLERS + " } } "
            + "layer { name: 'loss' type: 'EuclideanLoss' bottom: 'out' bottom: 'y' top: 'loss' } } ";
    }

    private static String conv(String name, String bottom, String top, String fields, String params, String engine) {
        return "layer { name: '" + name + "' type: 'Convolution' bottom: '" + bottom + "' top: '" + top + "' " + params
            + " convolution_param { " + fields + " engine: " + engine + " " + FILLERS + " } } ";
    }

    private static List<float[]> values(Solver solver) {
        List<float[]> values = new ArrayList<>();
        for (LearnableParam param : solver.net().learnableParams()) {
            values.add(param.blob().data().toArray());
            values.add(param.blob().diff().toArray());
        }
        for (Blob blob : solver.history()) {
            values.add(blob.data().toArray());
        }
        return values;
    }

    private static void compare(List<float[]> expected, List<float[]> actual, String what) {
        assertEquals(expected.size(), actual.size());
        for (int i = 0; i < expected.size(); i++) {
            for (int j = 0; j < expected.get(i).length; j++) {
                float wanted = expected.get(i)[j];
                assertEquals(wanted, actual.get(i)[j], 2e-4 * Math.max(0.02, Math.abs(wanted)), what + ", blob " + i + ", element " + j);
            }
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "type: 'SGD' momentum: 0.9 base_lr: 0.02 weight_decay: 0.05",
        "type: 'SGD' momentum: 0.9 base_lr: 0.02 weight_decay: 0.05 regularization_type: 'L1' iter_size: 2 clip_gradients: 0.5",
        "type: 'Nesterov' momentum: 0.9 base_lr: 0.02 iter_size: 3",
        "type: 'AdaGrad' base_lr: 0.005 delta: 1e-2 clip_gradients: 1",
        "type: 'RMSProp' base_lr: 0.002 delta: 1e-2 weight_decay: 0.1",
        "type: 'AdaDelta' momentum: 0.9 base_lr: 1 delta: 1e-4 iter_size: 2",
        "type: 'Adam' momentum: 0.9 base_lr: 0.002 delta: 1e-2 regularization_type: 'L1' weight_decay: 0.02"})
    void allSolverTypes(String text) {
        List<List<float[]>> results = new ArrayList<>();
        for (String engine : List.of("CAFFE", "DEFAULT")) {
            try (Context context = TestDevice.context(2);
                    Solver solver = SolverFactory.create(PrototxtReader.parseSolver(net(engine) + text + " lr_policy: 'fixed' random_seed: 3",
                        "test"), context)) {
                solver.step(4);
                results.add(values(solver));
            }
        }
        compare(results.get(0), results.get(1), text);
    }

    /** Weights and history go through both kinds of files, whatever layout they stand in; here names have slashes. */
    @Test
    void snapshotsInBothFormats(@TempDir Path folder) {
        for (String format : List.of("BINARYPROTO", "HDF5")) {
            String text = net("DEFAULT") + "type: 'Adam' momentum: 0.9 base_lr: 0.002 lr_policy: 'fixed' random_seed: 3 snapshot_format: " + format
                + " snapshot_diff: true snapshot_prefix: '" + folder.resolve(format) + "'";
            try (Context context = TestDevice.context(2); Solver solver = SolverFactory.create(PrototxtReader.parseSolver(text, "test"), context)) {
                solver.step(3);
                Path state = solver.snapshot();
                List<float[]> before = values(solver);
                solver.step(2);
                solver.restore(state);
                List<float[]> after = values(solver);
                for (int i = 0; i < before.size(); i++) {
                    boolean gradient = i < 2 * solver.net().learnableParams().size() && i % 2 == 1;
                    if (!gradient) {
                        assertArrayEquals(before.get(i), after.get(i), format + ", blob " + i);
                    }
                }
                assertEquals(3, solver.iteration());
            }
        }
    }
}
