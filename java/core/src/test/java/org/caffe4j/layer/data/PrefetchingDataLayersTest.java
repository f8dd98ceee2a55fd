package org.caffe4j.layer.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.caffe4j.Blob;
import org.caffe4j.CapturedLog;
import org.caffe4j.Context;
import org.caffe4j.DataException;
import org.caffe4j.Net;
import org.caffe4j.Phase;
import org.caffe4j.Rank;
import org.caffe4j.data.Database;
import org.caffe4j.data.DatabaseWriter;
import org.caffe4j.io.Image;
import org.caffe4j.io.Images;
import org.caffe4j.io.PrototxtReader;
import org.caffe4j.proto.DataParameter.DB;
import org.caffe4j.proto.Datum;
import org.caffe4j.proto.LayerState;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the data layers do with their threads, whatever the source: order, random numbers, ranks, broken items. */
@Timeout(120)
class PrefetchingDataLayersTest {
    private static final int ITEMS = 11;
    private static final int SIDE = 8;

    @TempDir
    Path folder;

    @BeforeEach
    void makeData() throws IOException {
        Random random = new Random(1);
        StringBuilder list = new StringBuilder();
        StringBuilder windows = new StringBuilder();
        List<byte[]> raw = new ArrayList<>();
        List<byte[]> encoded = new ArrayList<>();
        for (int i = 0; i < ITEMS; i++) {
            byte[] pixels = new byte[SIDE * SIDE];
            random.nextBytes(pixels);
            byte[] png = Images.encode(new Image(SIDE, SIDE, 1, pixels), "png");
            Files.write(folder.resolve(i + ".png"), png);
            list.append(i).append(".png ").append(i).append('\n');
            windows.append("# ").append(i).append('\n').append(i).append(".png\n1\n8\n8\n2\n").append(1 + i % 2)
                .append(" 1 0 0 3 4\n0 0 1 1 5 4\n");
            raw.add(Datum.newBuilder().setChannels(1).setHeight(SIDE).setWidth(SIDE).setData(ByteString.copyFrom(pixels)).setLabel(i)
                .build().toByteArray());
            encoded.add(Datum.newBuilder().setEncoded(true).setData(ByteString.copyFrom(png)).setLabel(i).build().toByteArray());
        }
        Files.writeString(folder.resolve("list.txt"), list);
        Files.writeString(folder.resolve("windows.txt"), windows);
        database(DB.LMDB, "raw", raw);
        database(DB.LMDB, "encoded", encoded);
        database(DB.LEVELDB, "leveldb", raw);
    }

    private Path database(DB backend, String name, List<byte[]> values) {
        Path path = folder.resolve(name);
        try (DatabaseWriter writer = Database.create(backend, path)) {
            for (int i = 0; i < values.size(); i++) {
                writer.put(("key" + (char) ('a' + i)).getBytes(StandardCharsets.UTF_8), values.get(i));
            }
            writer.finish();
        }
        return path;
    }

    private String source(String kind, int batch) {
        String text = switch (kind) {
            case "raw", "encoded", "broken", "mixed" -> "type: 'Data' data_param { source: '@" + kind + "' backend: LMDB batch_size: " + batch
                + " }";
            case "leveldb" -> "type: 'Data' data_param { source: '@leveldb' batch_size: " + batch + " }";
            case "images" -> "type: 'ImageData' image_data_param { source: '@list.txt' root_folder: '@' is_color: false shuffle: true "
                + "batch_size: " + batch + " }";
            case "windows" -> "type: 'WindowData' window_data_param { source: '@windows.txt' root_folder: '@' fg_fraction: 0.5 batch_size: "
                + batch + " }";
            default -> throw new IllegalArgumentException(kind);
        };
        return text.replace("@", folder + "/");
    }

    private Net net(String kind, int batch, String transform, Context context) {
        return new Net(PrototxtReader.parseNet("layer { name: 'd' top: 'data' top: 'label' " + source(kind, batch) + " transform_param { "
            + transform + " } } layer { name: 'p' type: 'Power' bottom: 'data' top: 'power' }", "test"), Phase.TRAIN, context);
    }

    private static float[] labels(Net net) {
        net.forward();
        return net.blobByName("label").data().toArray();
    }

    @ParameterizedTest
    @ValueSource(strings = {"raw", "encoded", "leveldb", "images", "windows"})
    void batchesDoNotDependOnTheNumberOfThreads(String kind) {
        List<float[]> expected = null;
        for (int threads : new int[] {1, 2, 5}) {
            List<float[]> found = new ArrayList<>();
            try (Context context = Context.cpu(threads)) {
                context.seed(7);
                try (Net net = net(kind, 4, "crop_size: 5 mirror: true mean_value: 100 scale: 0.1", context)) {
                    for (int i = 0; i < 25; i++) {
                        found.add(labels(net));
                        found.add(net.blobByName("data").data().toArray());
                    }
                }
            }
            if (expected == null) {
                expected = found;
                assertFalse(Arrays.equals(found.get(1), found.get(3)), "the batches differ");
            }
            assertArrayEquals(expected.toArray(), found.toArray(), threads + " threads");
        }
    }

    @Test
    void whatALayerAfterTheDataChangesInPlaceIsGoneWithTheNextBatch() {
        String text = "layer { name: 'd' top: 'data' top: 'label' " + source("raw", 1) + " } layer { name: 'p' type: 'Power' "
            + "bottom: 'data' top: 'data' power_param { scale: 0 shift: 3 } }";
        try (Context context = Context.cpu(2); Net net = new Net(PrototxtReader.parseNet(text, "test"), Phase.TRAIN, context);
             Net plain = net("raw", 1, "", context)) {
            for (int i = 0; i < 30; i++) {
                plain.forward();
                net.forward(0, 0);
                assertArrayEquals(plain.blobByName("data").data().toArray(), net.blobByName("data").data().toArray());
                net.forward(1, 1);
                assertEquals(3, net.blobByName("data").data().read().get(0));
            }
        }
    }

    @Test
    void whatSharesTheDataFollowsBatchesOfAnotherSize() {
        List<byte[]> items = new ArrayList<>();
        for (int side : new int[] {8, 8, 2, 2, 4, 4}) {
            items.add(Datum.newBuilder().setChannels(1).setHeight(side).setWidth(side).setData(ByteString.copyFrom(noise(side * side))).build()
                .toByteArray());
        }
        database(DB.LMDB, "mixed", items);
        String text = "layer { name: 'd' top: 'data' " + source("mixed", 2) + " } layer { name: 'p' type: 'Power' bottom: 'data' top: 'p' } "
            + "layer { name: 'q' type: 'Power' bottom: 'data' top: 'q' power_param { scale: 2 } }";
        try (Context context = Context.cpu(2); Net net = new Net(PrototxtReader.parseNet(text, "test"), Phase.TRAIN, context)) {
            for (int i = 0; i < 12; i++) {
                net.forward(0, 0);
                int side = new int[] {8, 2, 4}[i % 3];
                byte[] noise = noise(side * side);
                for (String split : new String[] {"data_d_0_split_0", "data_d_0_split_1"}) {
                    Blob blob = net.blobByName(split);
                    assertEquals(blob.count(), blob.data().toArray().length, "also before it has the new shape");
                }
                net.forward(1, 3);
                float[] doubled = net.blobByName("q").data().toArray();
                assertEquals(2 * side * side, doubled.length);
                assertEquals(2 * (noise[side * side - 1] & 0xff), doubled[doubled.length - 1]);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"raw", "leveldb"})
    void eachRankTakesItsShareOfTheRecordsAndTestsTakeAll(String kind) {
        try (Context context = Context.cpu(2)) {
            for (int rank = 0; rank < 3; rank++) {
                context.setRank(new Rank(rank, 3));
                LayerState middle = null;
                try (Net net = net(kind, 2, "", context)) {
                    for (int i = 0; i < 20; i += 2) {
                        float[] expected = {(3 * i + rank) % ITEMS, (3 * (i + 1) + rank) % ITEMS};
                        assertArrayEquals(expected, labels(net), "rank " + rank);
                        middle = i == 8 ? net.layerByName("d").saveState() : middle;
                    }
                }
                try (Net net = net(kind, 2, "", context)) {
                    net.layerByName("d").restoreState(middle);
                    assertArrayEquals(new float[] {(30 + rank) % ITEMS, (33 + rank) % ITEMS}, labels(net), "resumed rank " + rank);
                }
            }
            String test = "layer { name: 'd' top: 'data' top: 'label' " + source(kind, 2) + " }";
            try (Net net = new Net(PrototxtReader.parseNet(test, "test"), Phase.TEST, context)) {
                assertArrayEquals(new float[] {0, 1}, labels(net));
            }
        }
    }

    @Test
    void onlyTheRootSaysThatThePassIsOver() {
        for (int rank = 0; rank < 2; rank++) {
            try (Context context = Context.cpu(1); CapturedLog log = new CapturedLog()) {
                context.setRank(new Rank(rank, 2));
                try (Net net = net("raw", ITEMS, "", context)) {
                    net.forward();
                    net.forward();
                }
                assertEquals(rank == 0, log.lines().contains("Restarting data prefetching from start."));
            }
        }
    }

    @Test
    void aBrokenRecordIsNamedAndTheNetStaysUsable() {
        byte[] good = Datum.newBuilder().setEncoded(true)
            .setData(ByteString.copyFrom(Images.encode(new Image(64, 64, 3, noise(64 * 64 * 3)), "jpg"))).build().toByteArray();
        byte[] jpeg = Images.encode(new Image(64, 64, 3, noise(64 * 64 * 3)), "jpg");
        byte[] cut = Datum.newBuilder().setEncoded(true).setData(ByteString.copyFrom(jpeg, 0, jpeg.length / 2)).build().toByteArray();
        Path path = database(DB.LMDB, "broken", List.of(good, good, good, good, good, cut));
        try (Context context = Context.cpu(3); Net net = net("broken", 2, "", context)) {
            net.forward();
            net.forward();
            float[] values = net.blobByName("data").data().toArray();
            for (int i = 0; i < 2; i++) {
                String message = assertThrows(DataException.class, net::forward).getMessage();
                assertTrue(message.startsWith("layer 'd' (Data): record 'keyf' of " + path + ": Could not decode image"), message);
            }
            assertArrayEquals(values, net.blobByName("data").data().toArray(), "the batch before is still there");
            net.blobByName("data").data().fill(2);
            net.forward(1, 1);
            assertEquals(2, net.blobByName("power").data().read().get(0));
        }
        assertTrue(Thread.getAllStackTraces().keySet().stream().noneMatch(thread -> thread.getName().startsWith("caffe4j prefetch")));
    }

    private static byte[] noise(int count) {
        byte[] noise = new byte[count];
        new Random(2).nextBytes(noise);
        return noise;
    }

    @Test
    void aCutImageFileIsNamed() throws IOException {
        byte[] jpeg = Images.encode(new Image(64, 64, 1, noise(64 * 64)), "jpg");
        Files.write(folder.resolve("0.png"), Arrays.copyOf(jpeg, jpeg.length - 100));
        try (Context context = Context.cpu(2)) {
            String message = assertThrows(DataException.class, () -> {
                try (Net net = net("images", ITEMS, "", context)) {
                    net.forward();
                }
            }).getMessage();
            assertTrue(message.startsWith("layer 'd' (ImageData): Could not load " + folder + "/0.png: "), message);
        }
    }
}
