package org.caffe4j.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Random;
import java.util.TreeMap;
import org.caffe4j.DataException;
import org.caffe4j.io.Golden;
import org.caffe4j.proto.DataParameter.DB;
import org.caffe4j.proto.Datum;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class DatabaseTest {
    @TempDir
    Path folder;

    private static byte[] key(int i) {
        return String.format(Locale.ROOT, "%08d", i).getBytes(StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @EnumSource(DB.class)
    void writesAndReadsInKeyOrderBeyondTheFirstMapSize(DB backend) {
        Path path = folder.resolve("db");
        int records = 2500;
        try (DatabaseWriter writer = Database.create(backend, path)) {
            for (int i = records - 1; i >= 0; i--) {
                byte[] value = new byte[2000];
                Arrays.fill(value, (byte) i);
                writer.put(key(i), value);
                value[1999]++;
            }
            writer.finish();
        }
        try (Database database = Database.open(backend, path); Cursor cursor = database.cursor()) {
            assertEquals(records, database.size());
            assertTrue(cursor.next());
            assertArrayEquals(key(0), cursor.key());
            assertTrue(cursor.first());
            for (int i = 0; i < records; i++) {
                assertArrayEquals(key(i), cursor.key());
                assertEquals((byte) i, cursor.value()[1999]);
                ByteBuffer room = ByteBuffer.allocateDirect(i % 2 * 3000).position(i % 2);
                ByteBuffer value = cursor.value(room);
                assertEquals(ByteBuffer.wrap(cursor.value()), value);
                assertTrue(value.isDirect());
                assertEquals(i % 2 == 1, value == room, "the room is used where it is large enough");
                assertEquals(i < records - 1, cursor.next());
            }
            assertTrue(cursor.first());
            assertArrayEquals(key(0), cursor.key());
            assertTrue(cursor.seek(key(1234)));
            assertEquals((byte) 1234, cursor.value()[0]);
            assertTrue(cursor.next());
            assertArrayEquals(key(1235), cursor.key());
            assertFalse(cursor.seek("00001234x".getBytes(StandardCharsets.UTF_8)));
            assertFalse(cursor.seek("1".getBytes(StandardCharsets.UTF_8)));
        }
    }

    @ParameterizedTest
    @EnumSource(DB.class)
    void ofOneKeyTheLastValueCounts(DB backend) {
        Random random = new Random(3);
        TreeMap<byte[], byte[]> expected = new TreeMap<>(Arrays::compareUnsigned);
        Path path = folder.resolve("db");
        try (DatabaseWriter writer = Database.create(backend, path)) {
            for (int i = 0; i < 3000; i++) {
                byte[] key = new byte[1 + random.nextInt(3)];
                byte[] value = new byte[random.nextInt(50)];
                random.nextBytes(key);
                random.nextBytes(value);
                writer.put(key, value);
                expected.put(key, value);
            }
            writer.finish();
        }
        try (Database database = Database.open(backend, path); Cursor cursor = database.cursor()) {
            expected.forEach((key, value) -> {
                assertTrue(cursor.next());
                assertArrayEquals(key, cursor.key());
                assertArrayEquals(value, cursor.value());
            });
            assertFalse(cursor.next());
        }
    }

    @ParameterizedTest
    @CsvSource({"LMDB, lmdb_20x16", "LEVELDB, leveldb_20x16"})
    void readsWhatCaffeWrote(DB backend, String name) throws Exception {
        try (Database database = Database.open(backend, Golden.resource("tools/db/" + name)); Cursor cursor = database.cursor()) {
            assertEquals(11, database.size());
            assertTrue(cursor.first());
            assertEquals("00000000_sub00.png", new String(cursor.key(), StandardCharsets.UTF_8));
            Datum datum = Datum.parseFrom(cursor.value());
            assertEquals(960, datum.getData().size());
            assertTrue(cursor.next());
            assertEquals("00000001_sub01.png", new String(cursor.key(), StandardCharsets.UTF_8));
        }
    }

    @ParameterizedTest
    @EnumSource(DB.class)
    void emptyDatabase(DB backend) {
        Path path = folder.resolve("empty");
        try (DatabaseWriter writer = Database.create(backend, path)) {
            writer.finish();
        }
        try (Database database = Database.open(backend, path); Cursor cursor = database.cursor()) {
            assertEquals(0, database.size());
            assertFalse(cursor.first());
            assertFalse(cursor.next());
            assertFalse(cursor.seek(key(1)));
        }
    }

    @ParameterizedTest
    @EnumSource(DB.class)
    void whatIsNotFinishedIsGone(DB backend) throws Exception {
        Path path = folder.resolve("db");
        try (DatabaseWriter writer = Database.create(backend, path)) {
            for (int i = 0; i < 1500; i++) {
                writer.put(key(i), new byte[1000]);
            }
            assertFalse(Files.exists(path));
        }
        assertEquals(0, folder.toFile().list().length);
        DatabaseWriter writer = Database.create(backend, path);
        writer.put(key(1), key(1));
        Files.createDirectories(path.resolve("made meanwhile by another program"));
        assertTrue(assertThrows(DataException.class, writer::finish).getMessage().contains("exists already"));
        writer.close();
        assertArrayEquals(new String[] {"db"}, folder.toFile().list());
    }

    @ParameterizedTest
    @EnumSource(DB.class)
    void whatIsCompleteAppearsWhenItIsFinished(DB backend) {
        Path path = folder.resolve("complete");
        try (DatabaseWriter writer = Database.create(backend, path)) {
            writer.put(key(1), key(1));
            writer.complete();
            assertFalse(Files.exists(path));
            assertThrows(IllegalStateException.class, () -> writer.put(key(2), key(2)));
            assertThrows(IllegalStateException.class, writer::complete);
        }
        assertEquals(0, folder.toFile().list().length);
        try (DatabaseWriter writer = Database.create(backend, path)) {
            writer.put(key(1), key(1));
            writer.complete();
            writer.finish();
        }
        try (Database database = Database.open(backend, path)) {
            assertEquals(1, database.size());
        }
    }

    @ParameterizedTest
    @EnumSource(DB.class)
    void closeIsIdempotentAndUseAfterItIsRefused(DB backend) {
        Path path = folder.resolve("closed");
        DatabaseWriter writer = Database.create(backend, path);
        writer.put(key(1), key(1));
        writer.finish();
        writer.close();
        writer.close();
        assertThrows(IllegalStateException.class, () -> writer.put(key(2), key(2)));
        assertThrows(IllegalStateException.class, writer::finish);
        Database one = Database.open(backend, path);
        Database two = Database.open(backend, path);
        one.close();
        one.close();
        assertThrows(IllegalStateException.class, one::cursor);
        Cursor cursor = two.cursor();
        assertTrue(cursor.first());
        cursor.close();
        assertThrows(IllegalStateException.class, cursor::next);
        two.close();
    }

    @ParameterizedTest
    @EnumSource(DB.class)
    void folderWithoutDatabaseAndPathsThatAreTaken(DB backend) throws Exception {
        Path good = folder.resolve("good");
        try (DatabaseWriter writer = Database.create(backend, good)) {
            writer.put(key(1), key(1));
            writer.finish();
        }
        DB other = backend == DB.LMDB ? DB.LEVELDB : DB.LMDB;
        assertMessage(other, good, "write backend: " + backend);
        assertMessage(backend, folder.resolve("nowhere"), "no such folder");
        Files.createDirectory(folder.resolve("plain"));
        assertMessage(backend, folder.resolve("plain"), backend == DB.LMDB ? "no data.mdb" : "no CURRENT");
        String taken = assertThrows(DataException.class, () -> Database.create(backend, good)).getMessage();
        assertTrue(taken.contains("exists already") && taken.contains(good.toString()), taken);
        String nowhere = assertThrows(DataException.class, () -> Database.create(backend, folder.resolve("a/b/c"))).getMessage();
        assertTrue(nowhere.contains("NoSuchFileException") && nowhere.contains("make sure that the folder"), nowhere);
        try (Database database = Database.open(backend, good)) {
            assertEquals(1, database.size());
        }
    }

    private static void assertMessage(DB backend, Path path, String text) {
        String message = assertThrows(DataException.class, () -> Database.open(backend, path)).getMessage();
        assertTrue(message.contains(text) && message.contains(path.toString()), message);
    }

    @Test
    void damagedLmdb() throws Exception {
        Path path = folder.resolve("cut");
        try (DatabaseWriter writer = Database.create(DB.LMDB, path)) {
            for (int i = 0; i < 200; i++) {
                writer.put(key(i), new byte[500]);
            }
            writer.finish();
        }
        try (RandomAccessFile data = new RandomAccessFile(path.resolve("data.mdb").toFile(), "rw")) {
            data.setLength(data.length() / 2);
        }
        assertMessage(DB.LMDB, path, "truncated");
        Files.write(path.resolve("data.mdb"), "this is no database".getBytes(StandardCharsets.UTF_8));
        assertMessage(DB.LMDB, path, "is damaged");
    }

    @Test
    void keysOfLmdbHaveALimit() {
        try (DatabaseWriter writer = Database.create(DB.LMDB, folder.resolve("keys"))) {
            assertThrows(DataException.class, () -> writer.put(new byte[0], new byte[1]));
            assertThrows(DataException.class, () -> writer.put(new byte[600], new byte[1]));
        }
    }
}
