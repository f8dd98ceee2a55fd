package org.caffe4j.solver;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.DataException;
import org.caffe4j.Device;
import org.caffe4j.LearnableParam;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.TestDevice;
import org.caffe4j.data.Database;
import org.caffe4j.data.DatabaseWriter;
import org.caffe4j.io.PrototxtReader;
import org.caffe4j.proto.DataParameter.DB;
import org.caffe4j.proto.Datum;
import org.caffe4j.proto.SolverParameter;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two ranks of batch 8 learn what one solver of batch 16 learns; failures end every rank. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class ParallelTrainingTest {
    private static final int ITEMS = 24;

    @TempDir
    Path folder;

    @BeforeEach
    void makeData() {
        makeData("lmdb", -1);
    }

    private void makeData(String name, int tooSmall) {
        Random random = new Random(5);
        try (DatabaseWriter database = Database.create(DB.LMDB, folder.resolve(name))) {
            for (int i = 0; i < ITEMS; i++) {
                byte[] pixels = new byte[36];
                random.nextBytes(pixels);
                byte[] key = String.format(Locale.ROOT, "%05d", i).getBytes(StandardCharsets.UTF_8);
                database.put(key, Datum.newBuilder().setChannels(1).setHeight(i == tooSmall ? 5 : 6).setWidth(6).setLabel(i % 3)
                        .setData(ByteString.copyFrom(pixels)).build().toByteArray());
            }
            database.finish();
        }
    }

    private SolverParameter solver(int batch, String extra, String layers) {
        return PrototxtReader.parseSolver("""
                base_lr: 0.05 lr_policy: 'step' gamma: 0.5 stepsize: 3 max_iter: 6 momentum: 0.9 weight_decay: 0.01 random_seed: 7
                snapshot_prefix: '%s/run' %s
                net_param {
                  layer { name: 'data' type: 'Data' top: 'data' top: 'label'
                    transform_param { scale: 0.00390625 } data_param { source: '%s/lmdb' backend: LMDB batch_size: %d } }
                  layer { name: 'conv' type: 'Convolution' bottom: 'data' top: 'conv'
                    convolution_param { num_output: 4 kernel_size: 3 weight_filler { type: 'xavier' } } }
                  layer { name: 'relu' type: 'ReLU' bottom: 'conv' top: 'conv' }
                  layer { name: 'ip' type: 'InnerProduct' bottom: 'conv' top: 'ip'
                    inner_product_param { num_output: 3 weight_filler { type: 'xavier' } } }
                  layer { name: 'loss' type: 'SoftmaxWithLoss' bottom: 'ip' bottom: 'label' top: 'loss' }
                  %s
                }""".formatted(folder, extra, folder, batch, layers), "test");
    }

    private static List<float[]> weights(Solver solver) {
        List<float[]> weights = new ArrayList<>();
        for (LearnableParam p : solver.net().learnableParams()) {
            weights.add(p.blob().data().toArray());
        }
        for (Blob blob : solver.history()) {
            weights.add(blob.data().toArray());
        }
        return weights;
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "type: 'Adam' momentum2: 0.99", "clip_gradients: 0.1", "iter_size: 2"})
    void twoRanksLearnWhatOneSolverLearnsFromTheDoubleBatch(String extra) {
        try (Context one = TestDevice.context(1); Context first = TestDevice.context(1); Context second = TestDevice.context(1)) {
            compareWithOneSolver(extra, one, first, second);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "iter_size: 2"})
    void twoGpusLearnWhatOneLearnsFromTheDoubleBatch(String extra) {
        Assumptions.assumeTrue(Device.cudaCount() > 1, "needs two GPUs, real or emulated");
        try (Context one = Context.cuda(0); Context first = Context.cuda(0); Context second = Context.cuda(1)) {
            compareWithOneSolver(extra, one, first, second);
        }
    }

    @Test
    void gradientsGoThroughNcclFromGpuToGpu() {
        Assumptions.assumeTrue(Device.cudaCount() > 1, "needs two GPUs, real or emulated");
        Assumptions.assumeTrue(NcclExchange.unavailabilityCause().isEmpty(), NcclExchange.unavailabilityCause());
        try (Context first = Context.cuda(0); Context second = Context.cuda(1); Context third = Context.cuda(1); Context cpu = Context.cpu(1);
                GradientExchange exchange = GradientExchange.between(List.of(first, second))) {
            assertInstanceOf(NcclExchange.class, exchange);
            for (List<Context> others : List.of(List.of(first), List.of(first, second, third), List.of(first, cpu))) {
                assertSame(GradientExchange.IN_MEMORY, GradientExchange.between(others));
            }
        }
    }

    private void compareWithOneSolver(String extra, Context one, Context first, Context second) {
        try (Solver alone = SolverFactory.create(solver(16, extra, ""), one);
                ParallelTraining both = new ParallelTraining(solver(8, extra, ""), List.of(first, second))) {
            alone.solve();
            both.solve();
            List<float[]> expected = weights(alone);
            List<float[]> found = weights(both.root());
            for (int i = 0; i < expected.size(); i++) {
                assertArrayEquals(expected.get(i), found.get(i), 2e-5f);
            }
            assertEquals(6, both.root().iteration());
        }
    }

    @Test
    void resumingGoesOnFromTheRootsSnapshotOnEveryRank() {
        try (Context first = TestDevice.context(1); Context second = TestDevice.context(1)) {
            Path state;
            List<float[]> straight;
            try (ParallelTraining run = new ParallelTraining(solver(12, "", ""), List.of(first, second))) {
                run.root().step(3);
                state = run.root().snapshot();
                run.root().step(3);
                straight = weights(run.root());
            }
            try (ParallelTraining resumed = new ParallelTraining(solver(12, "", "").toBuilder().setRandomSeed(99).build(),
                    List.of(first, second))) {
                resumed.restore(state, true);
                resumed.root().step(3);
                List<float[]> found = weights(resumed.root());
                for (int i = 0; i < straight.size(); i++) {
                    assertArrayEquals(straight.get(i), found.get(i), "each rank's share of an epoch is one batch, so the data match too");
                }
            }
        }
    }

    @Test
    void aRankThatFailsEndsTheIterationWithItsException() {
        makeData("lmdb_bad", 17);
        SolverParameter bad = PrototxtReader.parseSolver(solver(8, "", "").toString().replace("/lmdb", "/lmdb_bad"), "test");
        try (Context first = TestDevice.context(1); Context second = TestDevice.context(1);
                ParallelTraining training = new ParallelTraining(bad, List.of(first, second))) {
            training.root().step(1);
            DataException thrown = assertThrows(DataException.class, () -> training.root().step(1));
            assertTrue(thrown.getMessage().contains("00017"), thrown.getMessage());
            assertEquals(1, training.root().iteration());
        }
        twoRanksLearnWhatOneSolverLearnsFromTheDoubleBatch("");
    }

    @Test
    void theRootsFailureFreesTheOtherRanks() {
        try (Context first = TestDevice.context(1); Context second = TestDevice.context(1);
                ParallelTraining training = new ParallelTraining(solver(8, "", ""), List.of(first, second))) {
            SolverListener failing = new SolverListener() {
                @Override
                public void onStart(Solver solver) {
                    throw new DataException("stop here");
                }
            };
            training.root().addListener(failing);
            assertThrows(DataException.class, () -> training.root().step(1));
            training.root().removeListener(failing);
            training.root().step(2);
        }
    }

    @Test
    void sharedWeightsNeedLayerWiseReduceOff() {
        String twin = """
                layer { name: 'a' type: 'InnerProduct' bottom: 'conv' top: 'a' param { name: 'w' } inner_product_param { num_output: 3 } }
                layer { name: 'b' type: 'InnerProduct' bottom: 'conv' top: 'b' param { name: 'w' } inner_product_param { num_output: 3 } }
                layer { name: 's' type: 'Silence' bottom: 'a' bottom: 'b' }""";
        try (Context first = TestDevice.context(1); Context second = TestDevice.context(1)) {
            NetDefinitionException thrown = assertThrows(NetDefinitionException.class,
                    () -> new ParallelTraining(solver(8, "", twin), List.of(first, second)).close());
            assertTrue(thrown.getMessage().startsWith("Layer-wise reduce is not supported for nets with shared weights"), thrown.getMessage());
            new ParallelTraining(solver(8, "layer_wise_reduce: false", twin), List.of(first, second)).close();
        }
    }
}
