package org.caffe4j.layer.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.TextFormat;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.caffe4j.CaffeException;
import org.caffe4j.Context;
import org.caffe4j.DataException;
import org.caffe4j.Net;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.Phase;
import org.caffe4j.TestDevice;
import org.caffe4j.data.Database;
import org.caffe4j.data.DatabaseWriter;
import org.caffe4j.layer.LayerRunner;
import org.caffe4j.proto.DataParameter.DB;
import org.caffe4j.proto.Datum;
import org.caffe4j.proto.NetParameter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DataLayerTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"leveldb", "lmdb", "lmdb_crop_center_scale", "lmdb_encoded_force_color", "lmdb_encoded_force_gray", "lmdb_jpeg_bytes",
        "lmdb_mean_file", "lmdb_mean_file_crop", "lmdb_mean_value_one", "lmdb_mean_values", "lmdb_wraps"})
    void recordedBatches(String name) throws Exception {
        RecordedBatches.replay(name);
    }

    private static byte[] datum(int height, int width, int label) {
        byte[] pixels = new byte[height * width];
        java.util.Arrays.fill(pixels, (byte) label);
        return Datum.newBuilder().setChannels(1).setHeight(height).setWidth(width).setData(ByteString.copyFrom(pixels)).setLabel(label)
            .build().toByteArray();
    }

    private Path database(String name, byte[]... values) {
        Path path = folder.resolve(name);
        try (DatabaseWriter writer = Database.create(DB.LMDB, path)) {
            for (int i = 0; i < values.length; i++) {
                writer.put(("key" + i).getBytes(StandardCharsets.UTF_8), values[i]);
            }
            writer.finish();
        }
        return path;
    }

    private static LayerRunner runner(Path source, String fields) {
        return new LayerRunner(Phase.TEST, "type: 'Data' data_param { backend: LMDB source: '" + source + "' " + fields + "}", 2);
    }

    @Test
    void shapeMayChangeFromBatchToBatchButNotWithin() {
        Path mixed = database("mixed", datum(1, 2, 1), datum(1, 2, 2), datum(2, 3, 3), datum(2, 3, 4));
        try (LayerRunner runner = runner(mixed, "batch_size: 2")) {
            assertArrayEquals(new float[] {1, 1, 2, 2}, runner.forward());
            assertArrayEquals(new long[] {2, 1, 1, 2}, runner.top.get(0).shape());
            runner.forward();
            assertArrayEquals(new long[] {2, 1, 2, 3}, runner.top.get(0).shape());
            assertArrayEquals(new float[] {3, 4}, runner.top.get(1).data().toArray());
        }
        try (LayerRunner runner = runner(mixed, "batch_size: 3")) {
            String message = assertThrows(DataException.class, runner::forward).getMessage();
            assertTrue(message.contains("key2") && message.contains(mixed.toString()), message);
            assertThrows(DataException.class, runner::forward);
        }
    }

    @Test
    void brokenRecordsAreNamed() {
        byte[] good = datum(1, 1, 1);
        byte[] noDatum = {(byte) 0xff, (byte) 0xff, 1, 2};
        byte[] tooShort = Datum.newBuilder().setChannels(3).setHeight(4).setWidth(4).setData(ByteString.copyFrom(new byte[47])).build()
            .toByteArray();
        byte[] huge = Datum.newBuilder().setChannels(70000).setHeight(70000).setWidth(70000).setData(ByteString.copyFrom(new byte[8]))
            .build().toByteArray();
        byte[] noImage = Datum.newBuilder().setEncoded(true).setData(ByteString.copyFromUtf8("no image at all")).build().toByteArray();
        byte[] empty = new byte[0];
        int i = 0;
        for (byte[] bad : new byte[][] {noDatum, tooShort, huge, noImage, empty}) {
            try (LayerRunner runner = runner(database("bad" + i++, good, bad), "batch_size: 2")) {
                String message = assertThrows(DataException.class, runner::forward).getMessage();
                assertTrue(message.contains("key1"), message);
            }
            Path first = database("bad" + i++, bad);
            String message = assertThrows(DataException.class, () -> runner(first, "batch_size: 2")).getMessage();
            assertTrue(message.contains("key0"), message);
        }
    }

    @Test
    void badFieldsAndPathsAreRefused() {
        Path good = database("good", datum(2, 2, 1));
        assertError(NetDefinitionException.class, "batch_size", good, "");
        assertError(NetDefinitionException.class, "prefetch", good, "batch_size: 1 prefetch: 0");
        assertError(DataException.class, "no such folder", folder.resolve("none"), "batch_size: 1");
        assertError(DataException.class, "is empty", database("empty"), "batch_size: 1");
        assertError(DataException.class, "crop_size 3 is larger", good, "batch_size: 1 } transform_param { crop_size: 3");
        String unset = assertThrows(DataException.class, () -> new LayerRunner(Phase.TEST, "type: 'Data' data_param { source: '" + good
            + "' batch_size: 1 }", 2)).getMessage();
        assertTrue(unset.contains("looks like a LMDB: write backend: LMDB") && unset.contains(good.toString()), unset);
        assertError(NetDefinitionException.class, "Cannot specify mean_file and mean_value at the same time", good,
            "batch_size: 1 } transform_param { mean_file: 'm' mean_value: 1");
    }

    private static void assertError(Class<? extends CaffeException> kind, String text, Path source, String fields) {
        String message = assertThrows(kind, () -> runner(source, fields)).getMessage();
        assertTrue(message.contains(text), message);
    }

    @Test
    void twoLayersReadOneDatabaseAndCloseEndsTheThread() {
        Path path = database("shared", datum(1, 1, 1), datum(1, 1, 2), datum(1, 1, 3));
        try (LayerRunner one = runner(path, "batch_size: 1 prefetch: 1")) {
            try (LayerRunner two = runner(path, "batch_size: 2")) {
                assertArrayEquals(new float[] {1, 2}, two.forward());
            }
            assertArrayEquals(new float[] {1}, one.forward());
            assertArrayEquals(new float[] {2}, one.forward());
            one.layer.close();
            assertThrows(IllegalStateException.class, one::forward);
        }
        assertEquals(0, prefetchThreads());
    }

    private static long prefetchThreads() {
        return Thread.getAllStackTraces().keySet().stream().filter(t -> t.getName().startsWith("caffe4j prefetch")).count();
    }

    @Test
    void aNetClosesItsDataLayersAlsoWhereItCannotBeBuilt() throws Exception {
        Path path = database("net", datum(1, 2, 1), datum(1, 2, 2));
        String data = "layer { name: 'd' type: 'Data' top: 'data' top: 'label' data_param { backend: LMDB source: '" + path
            + "' batch_size: 2 } } ";
        String good = data + "layer { name: 'ip' type: 'InnerProduct' bottom: 'data' top: 'ip' inner_product_param { num_output: 1 "
            + "weight_filler { value: 1 } } }";
        try (Context context = TestDevice.context(1)) {
            try (Net net = new Net(TextFormat.parse(good, NetParameter.class), Phase.TEST, context)) {
                net.forward();
                assertArrayEquals(new float[] {2, 4}, net.blobByName("ip").data().toArray());
                assertArrayEquals(new float[] {1, 2}, net.blobByName("label").data().toArray());
                assertEquals(1, prefetchThreads());
            }
            assertEquals(0, prefetchThreads());
            NetParameter bad = TextFormat.parse(good.replace("num_output: 1", "num_output: 0"), NetParameter.class);
            assertThrows(CaffeException.class, () -> new Net(bad, Phase.TEST, context));
            assertEquals(0, prefetchThreads());
        }
    }
}
