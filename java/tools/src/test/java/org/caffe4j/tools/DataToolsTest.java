package org.caffe4j.tools;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.caffe4j.data.Cursor;
import org.caffe4j.data.Database;
import org.caffe4j.data.DatabaseWriter;
import org.caffe4j.proto.BlobProto;
import org.caffe4j.proto.DataParameter.DB;
import org.caffe4j.proto.Datum;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** compute_image_mean, extract_features, the upgraders and the converters of data sets, given what is wrong. */
class DataToolsTest {
    private static final Path GOLDEN = Golden.tools();

    @TempDir
    Path folder;

    private static Datum datum(int height, int width, int... pixels) {
        byte[] bytes = new byte[pixels.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) pixels[i];
        }
        return Datum.newBuilder().setChannels(1).setHeight(height).setWidth(width).setData(ByteString.copyFrom(bytes)).build();
    }

    private Path database(DB backend, String name, byte[]... values) {
        Path path = folder.resolve(name);
        try (DatabaseWriter writer = Database.create(backend, path)) {
            for (int i = 0; i < values.length; i++) {
                writer.put(("key" + i).getBytes(StandardCharsets.UTF_8), values[i]);
            }
            writer.finish();
        }
        return path;
    }

    private static String last(CommandLineRun run) {
        return run.log().get(run.log().size() - 1);
    }

    private static void fails(CommandLineRun run, String message) {
        assertEquals(1, run.code());
        assertTrue(last(run).contains(message), run.err());
        assertTrue(run.err().lines().reduce((a, b) -> b).orElse("").startsWith("F"), run.err());
    }

    @ParameterizedTest
    @EnumSource(DB.class)
    void aMeanOfWrongDataIsNotWritten(DB backend) throws IOException {
        Path out = Files.writeString(folder.resolve("mean.binaryproto"), "earlier");
        byte[] good = datum(1, 2, 3, 4).toByteArray();
        String flag = "--backend=" + backend.name().toLowerCase(Locale.ROOT);
        Path noDatum = database(backend, "a", good, new byte[] {(byte) 0xff, 1, 2});
        fails(CommandLineRun.of("compute_image_mean", flag, noDatum.toString(), out.toString()), "record 'key1' of " + noDatum);
        Path other = database(backend, "b", good, good, datum(2, 1, 3, 4).toByteArray());
        fails(CommandLineRun.of("compute_image_mean", flag, other.toString(), out.toString()), "record 'key2' of " + other
                + ": Incorrect data field size: it has shape 1 2 1 (2), but the first has 1 1 2 (2)");
        Path shorter = database(backend, "c", good, datum(2, 2, 3, 4).toByteArray());
        fails(CommandLineRun.of("compute_image_mean", flag, shorter.toString(), out.toString()), "record 'key1' of " + shorter);
        Path noImage = database(backend, "d", Datum.newBuilder().setEncoded(true).setData(ByteString.copyFromUtf8("x")).build().toByteArray());
        fails(CommandLineRun.of("compute_image_mean", flag, noImage.toString(), out.toString()), "record 'key0' of " + noImage);
        Path empty = database(backend, "e");
        fails(CommandLineRun.of("compute_image_mean", flag, empty.toString(), out.toString()), "database " + empty + " is empty");
        Path nowhere = folder.resolve("nowhere");
        fails(CommandLineRun.of("compute_image_mean", flag, nowhere.toString(), out.toString()), nowhere + ": no such folder");
        assertEquals("earlier", Files.readString(out));
        Path fine = database(backend, "f", good, datum(1, 2, 4, 255).toByteArray());
        assertEquals(0, CommandLineRun.of("compute_image_mean", flag, "--nolock", fine.toString(), out.toString()).code());
        assertEquals(List.of(3.5f, 129.5f), BlobProto.parseFrom(Files.readAllBytes(out)).getDataList());
    }

    private CommandLineRun extract(String blobs, String databases, String... more) throws IOException {
        Path net = Golden.withPaths(GOLDEN.resolve("features/net.prototxt"), folder.resolve("net.prototxt"));
        String[] arguments = {"extract_features", GOLDEN.resolve("features/weights.caffemodel").toString(), net.toString(), blobs, databases};
        String[] all = Arrays.copyOf(arguments, arguments.length + more.length);
        System.arraycopy(more, 0, all, arguments.length, more.length);
        return CommandLineRun.of(all);
    }

    @Test
    void featuresThatCannotBeExtracted() throws IOException {
        String one = folder.resolve("one").toString();
        String two = folder.resolve("two").toString();
        fails(extract("ip,cnv", one + "," + two, "3", "lmdb"), "Unknown feature blob name cnv in the network " + folder.resolve("net.prototxt")
                + "; did you mean 'conv'?");
        CommandLineRun run = extract("ip,conv", one, "3", "lmdb");
        assertEquals(1, run.code());
        assertTrue(last(run).startsWith("ERROR: the number of blob names and dataset names must be equal"), run.err());
        assertEquals(1, extract("ip", one, "0", "lmdb").code());
        assertEquals(1, extract("ip", one, "3", "rocksdb").code());
        assertEquals(1, extract("ip", one, "3", "lmdb", "TPU").code());
        database(DB.LMDB, "two", new byte[] {1});
        fails(extract("ip,conv", one + "," + two, "3", "lmdb"), two + ": it exists already");
        assertFalse(Files.exists(Path.of(one)), "half of the features");
        String[] names = folder.toFile().list();
        Arrays.sort(names);
        assertArrayEquals(new String[] {"net.prototxt", "two"}, names);
        run = extract("ip", one);
        assertEquals(1, run.code());
        assertTrue(run.err().contains("Usage: extract_features  pretrained_net_param"), run.err());
        assertEquals(0, extract("ip", one, "1", "leveldb", "CPU", "0").code());
        try (Database database = Database.open(DB.LEVELDB, Path.of(one))) {
            assertEquals(3, database.size());
        }
    }

    /** The data layer meets a broken record in its second batch: no database of the first one is left. */
    @Test
    void aBrokenRecordEndsExtracting() throws IOException {
        byte[] good = datum(1, 1, 3).toByteArray();
        Path source = database(DB.LMDB, "source", good, good, new byte[] {(byte) 0xff});
        Path net = Files.writeString(folder.resolve("net.prototxt"), "layer { name: 'd' type: 'Data' top: 'data' data_param { source: '" + source
                + "' backend: LMDB batch_size: 2 } }");
        Path weights = GOLDEN.resolve("features/weights.caffemodel");
        CommandLineRun run = CommandLineRun.of("extract_features", weights.toString(), net.toString(), "data", folder.resolve("out").toString(),
                "2", "lmdb");
        assertEquals(1, run.code());
        assertTrue(last(run).contains("record 'key2' of " + source), run.err());
        assertFalse(Files.exists(folder.resolve("out")), run.err());
    }

    @ParameterizedTest
    @CsvSource({"upgrade_net_proto_text, v0_net_proto_file_in", "upgrade_net_proto_binary, v0_net_proto_file_in",
        "upgrade_solver_proto_text, old_solver_proto_file_in"})
    void upgradersAndTheirExitCodes(String tool, String argument) throws IOException {
        CommandLineRun run = CommandLineRun.of(tool, "one");
        assertEquals(1, run.code());
        assertTrue(run.log().get(0).startsWith("Usage: " + tool + " " + argument), run.err());
        Path out = Files.writeString(folder.resolve("out"), "earlier");
        Path bad = Files.writeString(folder.resolve("bad"), "layers { nonsense: 1 }");
        run = CommandLineRun.of(tool, bad.toString(), out.toString());
        assertEquals(2, run.code(), run.err());
        assertTrue(run.log().get(0).matches("Failed to parse input (text|binary) file as (Net|Solver)Parameter: " + bad), run.err());
        assertTrue(run.log().get(1).contains(bad.toString()), run.err());
        run = CommandLineRun.of(tool, folder.resolve("missing").toString(), out.toString());
        assertEquals(2, run.code(), run.err());
        assertEquals("earlier", Files.readString(out));
    }

    @Test
    void aFieldWithoutAPlaceIsExitCode1() throws IOException {
        Path old = Files.writeString(folder.resolve("old.prototxt"),
                "layers { layer { name: 'r' type: 'relu' kernelsize: 3 } bottom: 'a' top: 'b' }");
        Path out = folder.resolve("new.prototxt");
        CommandLineRun run = CommandLineRun.of("upgrade_net_proto_text", old.toString(), out.toString());
        assertEquals(1, run.code(), run.err());
        assertTrue(run.log().contains("Wrote upgraded NetParameter text proto to " + out), run.err());
        Path mixed = Files.writeString(folder.resolve("mixed.prototxt"), "layer { name: 'a' type: 'ReLU' } layers { name: 'b' type: RELU }");
        fails(CommandLineRun.of("upgrade_net_proto_text", mixed.toString(), folder.resolve("none").toString()), "Refusing to upgrade");
        assertFalse(Files.exists(folder.resolve("none")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"lmdb", "leveldb"})
    void cifar(String type) throws IOException {
        Random random = new Random(1);
        byte[][] batches = new byte[6][];
        for (int i = 0; i < batches.length; i++) {
            batches[i] = new byte[4 * 3073];
            random.nextBytes(batches[i]);
            for (int at = 0; at < batches[i].length; at += 3073) {
                batches[i][at] = (byte) (i + at / 3073);
            }
            Files.write(folder.resolve(i == 5 ? "test_batch.bin" : "data_batch_" + (i + 1) + ".bin"), batches[i]);
        }
        String[] command = {"convert_cifar_data", "--nolock", folder.toString(), folder.toString(), type};
        CommandLineRun run = CommandLineRun.of(command);
        assertEquals(0, run.code(), run.err());
        assertEquals(List.of("Writing Training data", "Training Batch 1", "Training Batch 2", "Training Batch 3", "Training Batch 4",
                "Training Batch 5", "Writing Testing data"), run.log());
        try (Database train = Database.open(Flags.backend(type), folder.resolve("cifar10_train_" + type)); Cursor cursor = train.cursor();
                Database test = Database.open(Flags.backend(type), folder.resolve("cifar10_test_" + type))) {
            assertEquals(20, train.size());
            assertEquals(4, test.size());
            assertTrue(cursor.seek("00005".getBytes(StandardCharsets.US_ASCII)));
            Datum datum = Datum.parseFrom(cursor.value());
            assertEquals(List.of(3, 32, 32, 2), List.of(datum.getChannels(), datum.getHeight(), datum.getWidth(), datum.getLabel()));
            assertArrayEquals(Arrays.copyOfRange(batches[1], 3074, 6146), datum.getData().toByteArray());
        }
        fails(CommandLineRun.of(command), "exists already");
        Files.write(folder.resolve("data_batch_2.bin"), new byte[3072]);
        fails(CommandLineRun.of(command), folder.resolve("data_batch_2.bin") + ": expected records of 3073 bytes");
        batches[0][3073] = 10;
        Files.write(folder.resolve("data_batch_1.bin"), batches[0]);
        fails(CommandLineRun.of(command), folder.resolve("data_batch_1.bin") + ": record 1 has the label 10");
        Files.delete(folder.resolve("data_batch_1.bin"));
        fails(CommandLineRun.of(command), "Unable to open file " + folder.resolve("data_batch_1.bin"));
        assertTrue(CommandLineRun.of("convert_cifar_data").out().contains("convert_cifar_data input_folder output_folder db_type"));
    }

    @Test
    void pairsOfMnist() throws IOException {
        byte[] pixels = new byte[200 * 4];
        byte[] classes = new byte[200];
        for (int i = 0; i < 200; i++) {
            Arrays.fill(pixels, 4 * i, 4 * i + 4, (byte) i);
            classes[i] = (byte) (i % 3);
        }
        Path images = Files.write(folder.resolve("images"), IdxBytes.of(pixels, 200, 2, 2));
        Path labels = Files.write(folder.resolve("labels"), IdxBytes.of(classes, 200));
        int[] same = new int[2];
        byte[][] firsts = new byte[2][];
        for (int run = 0; run < 2; run++) {
            Path path = folder.resolve("pairs" + run);
            assertEquals(0, CommandLineRun.of("convert_mnist_siamese_data", "--seed=" + run, images.toString(), labels.toString(),
                    path.toString()).code());
            try (Database database = Database.open(DB.LEVELDB, path); Cursor cursor = database.cursor()) {
                assertEquals(200, database.size());
                for (int i = 0; i < 200; i++) {
                    assertTrue(cursor.next());
                    assertEquals(String.format(Locale.ROOT, "%08d", i), new String(cursor.key(), StandardCharsets.US_ASCII));
                    Datum datum = Datum.parseFrom(cursor.value());
                    assertEquals(List.of(2, 2, 2), List.of(datum.getChannels(), datum.getHeight(), datum.getWidth()));
                    byte[] pair = datum.getData().toByteArray();
                    assertEquals(pair[0], pair[3]);
                    assertEquals(pair[4], pair[7]);
                    assertEquals((pair[0] & 0xff) % 3 == (pair[4] & 0xff) % 3 ? 1 : 0, datum.getLabel());
                    same[run] += datum.getLabel();
                    firsts[run] = i == 0 ? pair : firsts[run];
                }
            }
            assertTrue(same[run] > 40 && same[run] < 95, same[run] + " pairs of one class");
        }
        assertNotEquals(List.of(firsts[0][0], firsts[0][4]), List.of(firsts[1][0], firsts[1][4]));
    }
}
