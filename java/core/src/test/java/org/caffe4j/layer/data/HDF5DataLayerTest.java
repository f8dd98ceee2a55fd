package org.caffe4j.layer.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jhdf.HdfFile;
import io.jhdf.WritableHdfFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.caffe4j.CaffeException;
import org.caffe4j.Context;
import org.caffe4j.DataException;
import org.caffe4j.Net;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.Phase;
import org.caffe4j.Rank;
import org.caffe4j.io.PrototxtReader;
import org.caffe4j.layer.LayerRunner;
import org.caffe4j.proto.LayerState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HDF5DataLayerTest {
    @TempDir
    Path folder;

    private Path file(String name, Object data, Object label) {
        Path path = folder.resolve(name);
        try (WritableHdfFile hdf = HdfFile.write(path)) {
            hdf.putDataset("data", data);
            hdf.putDataset("label", label);
        }
        return path;
    }

    private LayerRunner runner(String list, String fields) throws Exception {
        Path source = folder.resolve("list.txt");
        Files.writeString(source, list);
        return LayerRunner.of("type: 'HDF5Data' top: 'data' top: 'label' hdf5_data_param { source: '" + source + "' " + fields + " }", 2);
    }

    @Test
    void recordedBatches() throws Exception {
        RecordedBatches.replay("hdf5");
    }

    @Test
    void batchesRunAcrossFilesOfAnyNumberType() throws Exception {
        file("a.h5", new double[][] {{1, 2}, {3, 4}, {5, 6}}, new int[] {0, 1, 2});
        file("b.h5", new int[][] {{7, 8}, {9, 10}}, new long[] {3, 4});
        try (LayerRunner runner = runner("a.h5 \n\n b.h5", "batch_size: 4")) {
            assertArrayEquals(new long[] {4, 2}, runner.top.get(0).shape());
            assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6, 7, 8}, runner.forward());
            assertArrayEquals(new float[] {0, 1, 2, 3}, runner.top.get(1).data().toArray());
            assertArrayEquals(new float[] {9, 10, 1, 2, 3, 4, 5, 6}, runner.forward());
            assertArrayEquals(new float[] {4, 0, 1, 2}, runner.top.get(1).data().toArray());
        }
    }

    @Test
    void eachRankTakesItsShareOfTheRows() throws Exception {
        file("a.h5", new float[][] {{0}, {1}, {2}}, new float[] {0, 1, 2});
        file("b.h5", new float[][] {{3}, {4}}, new float[] {3, 4});
        Files.writeString(folder.resolve("list.txt"), "a.h5 b.h5");
        String text = "layer { name: 'd' type: 'HDF5Data' top: 'data' top: 'label' hdf5_data_param { source: '" + folder.resolve("list.txt")
            + "' batch_size: 2 } }";
        try (Context context = Context.cpu(1)) {
            for (int rank = 0; rank < 3; rank++) {
                context.setRank(new Rank(rank, 3));
                LayerState first = null;
                try (Net net = new Net(PrototxtReader.parseNet(text, "test"), Phase.TRAIN, context)) {
                    for (int i = 0; i < 12; i += 2) {
                        net.forward();
                        assertArrayEquals(new float[] {(3 * i + rank) % 5, (3 * i + 3 + rank) % 5},
                            net.blobByName("label").data().toArray());
                        first = i == 0 ? net.layerByName("d").saveState() : first;
                    }
                    net.layerByName("d").restoreState(first);
                    net.forward();
                    assertArrayEquals(new float[] {(6 + rank) % 5, (9 + rank) % 5}, net.blobByName("data").data().toArray());
                }
            }
        }
    }

    @Test
    void shuffleKeepsRowsTogetherAndShowsEachOncePerPass() throws Exception {
        float[][] data = new float[50][1];
        float[] label = new float[50];
        for (int i = 0; i < 50; i++) {
            data[i][0] = 2 * i;
            label[i] = i;
        }
        file("a.h5", data, label);
        try (LayerRunner runner = runner("a.h5", "batch_size: 50 shuffle: true")) {
            float[] first = runner.forward().clone();
            float[] labels = runner.top.get(1).data().toArray();
            float[] sorted = labels.clone();
            Arrays.sort(sorted);
            assertArrayEquals(label, sorted);
            assertFalse(Arrays.equals(label, labels), "seed 1 shuffles");
            for (int i = 0; i < 50; i++) {
                assertEquals(2 * labels[i], first[i]);
            }
            assertFalse(Arrays.equals(first, runner.forward()), "the next pass has another order");
        }
    }

    @Test
    void badFilesAndFieldsAreNamed() throws Exception {
        file("a.h5", new float[][] {{1}, {2}}, new float[] {0, 1});
        file("short.h5", new float[][] {{1}, {2}}, new float[] {0});
        file("wide.h5", new float[][] {{1, 1}, {2, 2}}, new float[] {0, 1});
        Files.writeString(folder.resolve("text.h5"), "no hdf5");
        assertError(DataException.class, "text.h5", "text.h5", "batch_size: 1");
        assertError(DataException.class, "missing.h5", "missing.h5", "batch_size: 1");
        assertError(DataException.class, "Must have at least 1 HDF5 filename listed in", " \n", "batch_size: 1");
        assertError(DataException.class, "short.h5", "short.h5", "batch_size: 1");
        assertError(NetDefinitionException.class, "batch_size", "a.h5", "");
        assertError(NetDefinitionException.class, "does not transform data.", "a.h5", "batch_size: 1 } transform_param { scale: 2");
        try (LayerRunner runner = runner("a.h5 wide.h5", "batch_size: 2")) {
            runner.forward();
            String message = assertThrows(DataException.class, runner::forward).getMessage();
            assertTrue(message.contains("wide.h5"), message);
        }
        String message = assertThrows(DataException.class,
            () -> LayerRunner.of("type: 'HDF5Data' top: 'data' hdf5_data_param { source: '/no/such/list' batch_size: 1 }", 1)).getMessage();
        assertTrue(message.contains("Failed to open source file: /no/such/list"), message);
        Files.writeString(folder.resolve("list.txt"), "a.h5");
        message = assertThrows(DataException.class, () -> LayerRunner.of("type: 'HDF5Data' top: 'nothing' hdf5_data_param { source: '"
            + folder.resolve("list.txt") + "' batch_size: 1 }", 1)).getMessage();
        assertTrue(message.contains("nothing"), message);
    }

    private void assertError(Class<? extends CaffeException> kind, String text, String list, String fields) {
        String message = assertThrows(kind, () -> runner(list, fields)).getMessage();
        assertTrue(message.contains(text), message);
    }
}
