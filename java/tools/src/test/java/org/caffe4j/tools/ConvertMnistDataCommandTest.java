package org.caffe4j.tools;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.caffe4j.data.Cursor;
import org.caffe4j.data.Database;
import org.caffe4j.proto.DataParameter.DB;
import org.caffe4j.proto.Datum;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConvertMnistDataCommandTest {
    private static final byte[] IMAGES = {1, 2, 3, 4, 5, (byte) 250, 7, 8, 9, 10, 11, 12};

    @TempDir
    Path folder;

    private Path images;
    private Path labels;

    @BeforeEach
    void files() throws IOException {
        images = Files.write(folder.resolve("images"), IdxBytes.of(IMAGES, 2, 3, 2));
        labels = folder.resolve("labels.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(labels))) {
            out.write(IdxBytes.of(new byte[] {7, 1}, 2));
        }
    }

    private CommandLineRun convert(String... more) {
        String[] arguments = {"convert_mnist_data", images.toString(), labels.toString(), folder.resolve("db").toString()};
        String[] all = Arrays.copyOf(arguments, 4 + more.length);
        System.arraycopy(more, 0, all, 4, more.length);
        return CommandLineRun.of(all);
    }

    @Test
    void imagesAndLabelsBecomeRecords() throws IOException {
        CommandLineRun run = convert("-backend", "lmdb");
        assertEquals(0, run.code(), run.err());
        try (Database database = Database.open(DB.LMDB, folder.resolve("db")); Cursor cursor = database.cursor()) {
            assertEquals(2, database.size());
            assertTrue(cursor.next());
            assertTrue(cursor.next());
            assertEquals("00000001", new String(cursor.key(), StandardCharsets.US_ASCII));
            Datum datum = Datum.parseFrom(cursor.value());
            assertEquals(1, datum.getLabel());
            assertEquals(3, datum.getHeight());
            assertEquals(2, datum.getWidth());
            assertArrayEquals(new byte[] {7, 8, 9, 10, 11, 12}, datum.getData().toByteArray());
        }
        CommandLineRun again = convert();
        assertEquals(1, again.code());
        assertTrue(again.log().get(again.log().size() - 1).contains("exists already"), again.err());
    }

    private void fails(String message) {
        CommandLineRun run = convert();
        assertEquals(1, run.code());
        String last = run.log().get(run.log().size() - 1);
        assertTrue(last.contains(message), last);
        assertTrue(Files.notExists(folder.resolve("db")), "a database was made");
    }

    @Test
    void filesThatDoNotFitAreRefused() throws IOException {
        Files.write(images, IdxBytes.of(IMAGES, 3, 2, 2));
        fails(images + " has 3 images, " + labels + " has 2 labels");
        Files.write(images, IdxBytes.of(IMAGES, 3, 3, 2));
        fails(images + ": cut short; shape [3, 3, 2] needs 18 bytes, the file has 12");
        Files.write(images, new byte[] {0, 0});
        fails(images + ": cut short in its head");
        Files.write(images, IdxBytes.of(IMAGES, 12));
        fails(images + ": expected an IDX file of bytes with 3 axes, that is magic number 2051, found 2049");
        Files.write(images, IdxBytes.of(IMAGES, -1, 2, 2));
        fails(images + ": impossible shape [-1, 2, 2]");
        Files.delete(images);
        fails("Unable to open file " + images + ": there is no such file");
    }

    @Test
    void wrongArgumentsAreOneLine() {
        CommandLineRun run = CommandLineRun.of("convert_mnist_data", "a", "b");
        assertEquals(1, run.code());
        assertTrue(run.out().contains("convert_mnist_data [FLAGS] input_image_file input_label_file output_db_file"), run.out());
        run = convert("--backend=rocksdb");
        assertEquals("ERROR: illegal value 'rocksdb' specified for flag 'backend': expected lmdb or leveldb", run.log().get(run.log().size() - 1));
    }
}
