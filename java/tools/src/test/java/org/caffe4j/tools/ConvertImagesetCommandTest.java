package org.caffe4j.tools;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.caffe4j.data.Cursor;
import org.caffe4j.data.Database;
import org.caffe4j.io.Image;
import org.caffe4j.io.Images;
import org.caffe4j.proto.DataParameter.DB;
import org.caffe4j.proto.Datum;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConvertImagesetCommandTest {
    @TempDir
    Path folder;

    private Path images;
    private Path database;

    @BeforeEach
    void copyImages() throws IOException {
        images = Files.createDirectory(folder.resolve("images"));
        database = folder.resolve("db");
        try (Stream<Path> files = Files.list(Golden.tools().resolve("images"))) {
            for (Path file : files.toList()) {
                Files.copy(file, images.resolve(file.getFileName()));
            }
        }
    }

    private CommandLineRun convert(String list, String... flags) throws IOException {
        Path file = Files.writeString(folder.resolve("list.txt"), list);
        List<String> arguments = new ArrayList<>(List.of("convert_imageset"));
        arguments.addAll(List.of(flags));
        arguments.addAll(List.of(images + "/", file.toString(), database.toString()));
        return CommandLineRun.of(arguments.toArray(String[]::new));
    }

    private static TreeMap<String, Datum> records(DB backend, Path path) throws IOException {
        TreeMap<String, Datum> records = new TreeMap<>();
        try (Database database = Database.open(backend, path); Cursor cursor = database.cursor()) {
            while (cursor.next()) {
                records.put(new String(cursor.key(), StandardCharsets.UTF_8), Datum.parseFrom(cursor.value()));
            }
        }
        return records;
    }

    private TreeMap<String, Datum> records() throws IOException {
        return records(DB.LMDB, database);
    }

    private static String last(CommandLineRun run) {
        return run.log().get(run.log().size() - 1);
    }

    /** Missing, cut short, no image at all: each is named and left out, keeps its number, and the end says how many there were. */
    @Test
    void imagesThatCannotBeReadAreCounted() throws IOException {
        for (String name : new String[] {"sub03.jpg", "sub04.png"}) {
            byte[] bytes = Files.readAllBytes(images.resolve(name));
            Files.write(images.resolve(name), Arrays.copyOf(bytes, bytes.length * 2 / 3));
        }
        Files.writeString(images.resolve("sub05.png"), "no image");
        Files.write(images.resolve("sub06.png"), new byte[0]);
        CommandLineRun run = convert("sub00.png 1\nmissing one.png 2\nsub03.jpg 3\nsub04.png 4\nsub05.png 5\nsub06.png 6\nsub07.jpg 7\na\0b.png 8\n");
        assertEquals(0, run.code(), run.err());
        assertEquals(List.of("00000000_sub00.png", "00000006_sub07.jpg"), List.copyOf(records().keySet()));
        assertEquals(7, records().get("00000006_sub07.jpg").getLabel());
        for (String name : new String[] {"missing one.png", "sub03.jpg", "sub04.png", "sub05.png", "sub06.png"}) {
            assertEquals(1, run.err().lines().filter(line -> line.startsWith("E") && line.contains(images.resolve(name).toString())
                    && !line.contains("Skipped")).count(), run.err());
        }
        assertTrue(run.err().contains("it is a JPEG without its end, cut short"), run.err());
        assertTrue(run.log().contains("Processed 2 files."), run.err());
        assertTrue(last(run).startsWith("Skipped 6 of 8 images, which could not be read; the first: "), last(run));
        database = folder.resolve("strict");
        String list = Files.readString(folder.resolve("list.txt"));
        run = convert(list, "--max_skipped=5");
        assertEquals(1, run.code());
        assertTrue(last(run).startsWith("more than 5 images cannot be read (--max_skipped); the first: "), last(run));
        assertFalse(Files.exists(database));
        assertEquals(0, convert(list, "--max_skipped=6").code());
    }

    @ParameterizedTest
    @ValueSource(strings = {"lmdb", "leveldb"})
    void withoutAnyImageThereIsNoDatabase(String backend) throws IOException {
        CommandLineRun run = convert("a.png 1\nb.png 2\n", "--backend=" + backend);
        assertEquals(1, run.code());
        assertTrue(last(run).startsWith("none of the 2 images of " + folder.resolve("list.txt") + " could be read"), last(run));
        assertFalse(Files.exists(database));
        run = convert("\n");
        assertEquals(1, run.code());
        assertTrue(last(run).contains("lists no image"), last(run));
        run = convert("sub00.png one\n");
        assertEquals(1, run.code());
        assertTrue(last(run).contains(folder.resolve("list.txt") + ":1: expected the path"), last(run));
        assertArrayEquals(new String[] {"images", "list.txt"}, sorted(folder));
    }

    private static String[] sorted(Path folder) {
        String[] names = folder.toFile().list();
        Arrays.sort(names);
        return names;
    }

    @ParameterizedTest
    @ValueSource(strings = {"lmdb", "leveldb"})
    void aDatabaseThatIsThereStaysAsItIs(String backend) throws IOException {
        assertEquals(0, convert("sub00.png 1\nsub01.png 2\n", "-backend", backend).code());
        DB kind = Flags.backend(backend);
        TreeMap<String, Datum> before = records(kind, database);
        CommandLineRun run = convert("sub02.png 3\n", "-backend", backend);
        assertEquals(1, run.code());
        assertTrue(last(run).contains(database + ": it exists already"), last(run));
        assertEquals(before, records(kind, database));
    }

    @Test
    void checkSizeStopsAtTheFirstThatDiffers() throws IOException {
        Image image = Images.read(images.resolve("sub00.png"), Images.Mode.COLOR);
        Files.write(images.resolve("large.png"), Images.encode(Images.resize(image, 40, 40), "png"));
        String list = "sub00.png 1\nsub00.png 1\nlarge.png 2\nsub02.png 3\n";
        CommandLineRun run = convert(list, "--check_size");
        assertEquals(1, run.code());
        assertTrue(last(run).startsWith("Incorrect data field size of " + images.resolve("large.png")), last(run));
        assertFalse(Files.exists(database));
        assertEquals(0, convert(list, "--check_size", "--resize_height=8", "--resize_width=9").code());
        assertEquals(4, records().size());
    }

    @Test
    void shufflingNumbersImagesAnew() throws IOException {
        String list = Files.readString(Golden.tools().resolve("png.txt"));
        assertEquals(0, convert(list, "--shuffle", "--seed=5").code());
        List<String> keys = List.copyOf(records().keySet());
        assertEquals(11, keys.size());
        List<String> names = keys.stream().map(key -> key.substring(9)).toList();
        assertEquals(list.lines().map(line -> line.split(" ")[0]).toList(), names.stream().sorted().toList());
        assertNotEquals(names.stream().sorted().toList(), names);
        records().forEach((key, datum) -> assertTrue(list.contains(key.substring(9) + " " + datum.getLabel() + "\n"), key));
        database = folder.resolve("again");
        assertEquals(0, convert(list, "--shuffle", "--seed=5").code());
        assertEquals(keys, List.copyOf(records().keySet()));
    }

    @Test
    void encodings() throws IOException {
        Files.copy(images.resolve("sub00.png"), images.resolve("noextension"));
        CommandLineRun run = convert("sub07.jpg 1\nsub00.png 2\nnoextension 3\n", "--encode_type=jpeg");
        assertEquals(0, run.code(), run.err());
        assertTrue(run.log().contains("encode_type specified, assuming encoded=true."), run.err());
        TreeMap<String, Datum> records = records();
        assertArrayEquals(Files.readAllBytes(images.resolve("sub07.jpg")), records.get("00000000_sub07.jpg").getData().toByteArray());
        byte[] jpeg = records.get("00000001_sub00.png").getData().toByteArray();
        assertArrayEquals(new byte[] {(byte) 0xff, (byte) 0xd8}, Arrays.copyOf(jpeg, 2));
        assertTrue(records.values().stream().allMatch(datum -> datum.getEncoded() && !datum.hasChannels()), "dimensions");
        database = folder.resolve("guessed");
        run = convert("sub07.jpg 1\nnoextension 3\n", "--encoded");
        assertTrue(run.err().contains("Failed to guess the encoding of '" + images.resolve("noextension")), run.err());
        assertTrue(records().get("00000000_sub07.jpg").getEncoded());
        assertFalse(records().get("00000001_noextension").getEncoded());
        assertEquals(3 * 32 * 28, records().get("00000001_noextension").getData().size());
        database = folder.resolve("unknown");
        run = convert("sub00.png 1\n", "--encode_type=xyz");
        assertEquals(1, run.code());
        assertTrue(run.err().contains("xyz"), run.err());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a", "a b", "a b c d"})
    void wrongNumbersOfArgumentsShowTheUsage(String arguments) {
        String[] words = ("convert_imageset " + arguments).strip().split(" ");
        CommandLineRun run = CommandLineRun.of(words);
        assertEquals(1, run.code());
        assertTrue(run.out().contains("convert_imageset [FLAGS] ROOTFOLDER/ LISTFILE DB_NAME"), run.out());
    }

    @Test
    void flagsThatMakeNoSense() throws IOException {
        for (String flag : new String[] {"--resize_width=5", "--resize_height=-1", "--backend=rocksdb", "--colour"}) {
            CommandLineRun run = convert("sub00.png 1\n", flag);
            assertEquals(1, run.code(), flag);
            assertTrue(last(run).startsWith("ERROR: "), run.err());
        }
        assertFalse(Files.exists(database));
    }

    /** The last image is a pipe into which nobody writes: there the process waits until it is killed. */
    @Test
    void aConversionThatIsKilledLeavesNothingUnderTheName() throws Exception {
        new ProcessBuilder("mkfifo", images.resolve("pipe.png").toString()).start().waitFor();
        String good = "sub00.png 1\n".repeat(1200);
        Path list = Files.writeString(folder.resolve("hanging.txt"), good + "pipe.png 1\n");
        String[] command = {"convert_imageset", images + "/", list.toString(), database.toString()};
        CommandProcess process = CommandProcess.start(folder, ":", command);
        process.await("Processed 1000 files.");
        process.terminate();
        assertArrayEquals(new String[] {"hanging.txt", "images", "log"}, sorted(folder));
        process = CommandProcess.start(folder, ":", command);
        process.await("Processed 1000 files.");
        process.kill();
        assertFalse(Files.exists(database));
        List<String> left = Arrays.stream(sorted(folder)).filter(name -> name.startsWith("db.") && name.endsWith(".tmp")).toList();
        assertEquals(1, left.size(), String.join(" ", sorted(folder)));
        CommandLineRun run = convert(good);
        assertEquals(0, run.code(), run.err());
        assertEquals(1200, records().size());
        assertTrue(run.err().contains(folder.resolve(left.get(0)) + " was left by a run that was killed"), run.err());
    }
}
