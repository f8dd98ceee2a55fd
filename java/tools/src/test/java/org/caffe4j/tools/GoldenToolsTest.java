package org.caffe4j.tools;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.caffe4j.data.Cursor;
import org.caffe4j.data.Database;
import org.caffe4j.io.FloatArray;
import org.caffe4j.io.Npz;
import org.caffe4j.proto.DataParameter.DB;
import org.caffe4j.proto.Datum;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.NetParameter;
import org.caffe4j.proto.SolverParameter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What BVLC's tools made of a set of images, made again with the tools of the command line. */
class GoldenToolsTest {
    private static final Path GOLDEN = Golden.tools();

    @TempDir
    Path folder;

    private record Item(String key, byte[] value) {
    }

    static Stream<String> databases() throws IOException {
        return JsonParser.parseString(Files.readString(GOLDEN.resolve("db.json"))).getAsJsonObject().keySet().stream();
    }

    private static List<Item> items(DB backend, Path path) {
        List<Item> items = new ArrayList<>();
        try (Database database = Database.open(backend, path); Cursor cursor = database.cursor()) {
            while (cursor.next()) {
                items.add(new Item(new String(cursor.key(), StandardCharsets.UTF_8), cursor.value()));
            }
        }
        return items;
    }

    private static CommandLineRun run(String... arguments) {
        CommandLineRun run = CommandLineRun.of(arguments);
        assertEquals(0, run.code(), run.err());
        return run;
    }

    /** The command that made the database, its folders being those of the golden files and its output going to this test's folder. */
    @ParameterizedTest
    @MethodSource("databases")
    void convertImageset(String name) throws IOException {
        JsonObject recorded = JsonParser.parseString(Files.readString(GOLDEN.resolve("db.json"))).getAsJsonObject().getAsJsonObject(name);
        List<String> command = recorded.getAsJsonArray("command").asList().stream().map(JsonElement::getAsString).toList();
        int flags = command.size() - 3;
        List<String> arguments = new ArrayList<>(command.subList(0, flags));
        arguments.addAll(List.of(GOLDEN.resolve(command.get(flags)) + "/", GOLDEN.resolve(command.get(flags + 1)).toString(),
                folder.resolve("db").toString()));
        CommandLineRun run = run(arguments.toArray(String[]::new));
        DB backend = name.startsWith("leveldb") ? DB.LEVELDB : DB.LMDB;
        List<Item> expected = items(backend, GOLDEN.resolve("db").resolve(name));
        List<Item> found = items(backend, folder.resolve("db"));
        assertEquals(recorded.getAsJsonArray("items").size(), expected.size());
        assertTrue(run.log().contains("A total of " + expected.size() + " images."), run.err());
        assertTrue(run.log().contains("Processed " + expected.size() + " files."), run.err());
        assertEquals(expected.stream().map(Item::key).toList(), found.stream().map(Item::key).toList());
        for (int i = 0; i < expected.size(); i++) {
            compare(Datum.parseFrom(expected.get(i).value), Datum.parseFrom(found.get(i).value), expected.get(i).key);
        }
    }

    /** The bytes are the same but for pixels of a JPEG file, which another version of the decoder may round otherwise by one. */
    private static void compare(Datum expected, Datum found, String key) {
        if (!key.endsWith(".jpg") || expected.getEncoded()) {
            assertArrayEquals(expected.toByteArray(), found.toByteArray(), key);
            return;
        }
        assertEquals(expected.toBuilder().clearData().build(), found.toBuilder().clearData().build(), key);
        assertEquals(expected.getData().size(), found.getData().size(), key);
        for (int i = 0; i < expected.getData().size(); i++) {
            assertEquals(expected.getData().byteAt(i) & 0xff, found.getData().byteAt(i) & 0xff, 1, key);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"lmdb", "leveldb"})
    void computeImageMean(String backend) throws IOException {
        Path mean = folder.resolve("mean.binaryproto");
        Path database = GOLDEN.resolve("db").resolve(backend + "_20x16");
        CommandLineRun run = run("compute_image_mean", "--backend=" + backend, database.toString(), mean.toString());
        assertArrayEquals(Files.readAllBytes(GOLDEN.resolve("mean.binaryproto")), Files.readAllBytes(mean));
        List<String> expected = Files.readAllLines(GOLDEN.resolve("mean.log"));
        assertEquals(expected, run.log().stream().filter(expected::contains).toList(), run.err());
    }

    @Test
    void extractFeatures() throws IOException {
        JsonObject recorded = JsonParser.parseString(Files.readString(GOLDEN.resolve("features/expected.json"))).getAsJsonObject();
        Map<String, FloatArray> expected = Npz.read(GOLDEN.resolve("features/expected.npz"));
        Path net = Golden.withPaths(GOLDEN.resolve("features/net.prototxt"), folder.resolve("net.prototxt"));
        CommandLineRun run = run("extract_features", GOLDEN.resolve("features/weights.caffemodel").toString(), net.toString(), "ip,conv",
                folder.resolve("ip") + "," + folder.resolve("conv"), "3", "lmdb");
        for (String blob : List.of("ip", "conv")) {
            List<Item> items = items(DB.LMDB, folder.resolve(blob));
            assertEquals(recorded.getAsJsonObject("keys").getAsJsonArray(blob).asList().stream().map(JsonElement::getAsString).toList(),
                    items.stream().map(Item::key).toList());
            int[] shape = recorded.getAsJsonObject("keys").getAsJsonArray(blob + "_shape").asList().stream()
                    .mapToInt(JsonElement::getAsInt).toArray();
            int size = shape[0] * shape[1] * shape[2];
            for (int i = 0; i < items.size(); i++) {
                Datum datum = Datum.parseFrom(items.get(i).value);
                assertArrayEquals(shape, new int[] {datum.getChannels(), datum.getHeight(), datum.getWidth()});
                assertFalse(datum.hasLabel());
                assertEquals(size, datum.getFloatDataCount());
                for (int j = 0; j < size; j++) {
                    assertEquals(expected.get(blob).values()[i * size + j], datum.getFloatData(j), 1e-5, blob + " " + i + " " + j);
                }
            }
            assertTrue(run.log().contains("Extracted features of 9 query images for feature blob " + blob), run.err());
        }
        assertEquals("Successfully extracted the features!", run.log().get(run.log().size() - 1));
    }

    static Stream<String> dataLayers() throws IOException {
        try (Stream<Path> folders = Files.list(GOLDEN.resolve("data_layers"))) {
            return folders.map(path -> path.getFileName().toString()).sorted().toList().stream();
        }
    }

    /** The batches of a data layer, as the features of a net that has this layer only. */
    @ParameterizedTest
    @MethodSource("dataLayers")
    void dataLayer(String name) throws IOException {
        Path source = GOLDEN.resolve("data_layers").resolve(name);
        Map<String, FloatArray> expected = Npz.read(source.resolve("expected.npz"));
        Path definition = Golden.withPaths(source.resolve("net.prototxt"), folder.resolve("net.prototxt"));
        NetParameter net = text(definition, NetParameter.newBuilder()).build();
        List<String> tops = net.getLayer(0).getTopList();
        int batches = (int) IntStream.iterate(0, i -> i + 1).takeWhile(i -> expected.containsKey(tops.get(0) + "." + i)).count();
        assertTrue(batches > 2, "batches recorded");
        Path weights = folder.resolve("weights.caffemodel");
        Files.write(weights, NetParameter.newBuilder().addLayer(LayerParameter.newBuilder().setName("d").setType("Data")).build().toByteArray());
        run("extract_features", weights.toString(), definition.toString(), String.join(",", tops),
                String.join(",", tops.stream().map(top -> folder.resolve(top).toString()).toList()), String.valueOf(batches), "leveldb");
        float tolerance = name.equals("lmdb_jpeg_bytes") ? 1 : 0;
        for (String top : tops) {
            List<Item> items = items(DB.LEVELDB, folder.resolve(top));
            int next = 0;
            for (int batch = 0; batch < batches; batch++) {
                FloatArray values = expected.get(top + "." + batch);
                int count = (int) values.shape()[0];
                int size = values.values().length / count;
                for (int item = 0; item < count; item++, next++) {
                    Datum datum = Datum.parseFrom(items.get(next).value);
                    assertEquals(size, datum.getFloatDataCount());
                    for (int i = 0; i < size; i++) {
                        assertEquals(values.values()[item * size + i], datum.getFloatData(i), tolerance, top + " of batch " + batch);
                    }
                }
            }
            assertEquals(items.size(), next);
        }
    }

    private static <B extends Message.Builder> B text(Path file, B builder) throws IOException {
        TextFormat.merge(Files.readString(file), builder);
        return builder;
    }

    @ParameterizedTest
    @ValueSource(strings = {"data_transform_batchnorm", "v0", "v0_data", "v1"})
    void upgradeNetProtoText(String name) throws IOException {
        Path source = GOLDEN.resolve("upgrade").resolve(name);
        Path out = folder.resolve("new.prototxt");
        CommandLineRun run = run("upgrade_net_proto_text", source.resolve("old.prototxt").toString(), out.toString());
        NetParameter expected = text(source.resolve("expected.prototxt"), NetParameter.newBuilder()).build();
        assertEquals(expected, text(out, NetParameter.newBuilder()).build());
        assertEquals("Wrote upgraded NetParameter text proto to " + out, run.log().get(run.log().size() - 1));
        CommandLineRun again = run("upgrade_net_proto_text", out.toString(), folder.resolve("newer.prototxt").toString());
        assertEquals("File already in latest proto format: " + out, again.log().get(0));
        assertEquals(Files.readString(out), Files.readString(folder.resolve("newer.prototxt")));
    }

    @Test
    void upgradeNetProtoBinary() throws IOException {
        Path source = GOLDEN.resolve("upgrade/v1_binary");
        Path out = folder.resolve("new.caffemodel");
        run("upgrade_net_proto_binary", source.resolve("old.caffemodel").toString(), out.toString());
        assertEquals(NetParameter.parseFrom(Files.readAllBytes(source.resolve("expected.caffemodel"))),
                NetParameter.parseFrom(Files.readAllBytes(out)));
    }

    @Test
    void upgradeSolverProtoText() throws IOException {
        Path source = GOLDEN.resolve("upgrade/solver");
        Path out = folder.resolve("new.prototxt");
        run("upgrade_solver_proto_text", source.resolve("old.prototxt").toString(), out.toString());
        assertEquals(text(source.resolve("expected.prototxt"), SolverParameter.newBuilder()).build(),
                text(out, SolverParameter.newBuilder()).build());
    }
}
