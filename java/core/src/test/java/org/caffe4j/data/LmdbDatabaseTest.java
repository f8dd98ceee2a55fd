package org.caffe4j.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import org.caffe4j.DataException;
import org.caffe4j.io.Golden;
import org.caffe4j.proto.DataParameter.DB;
import org.caffe4j.proto.Datum;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LmdbDatabaseTest {
    @TempDir
    Path folder;

    private static byte[] key(int i) {
        return String.format(Locale.ROOT, "%08d", i).getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void writesAndReadsInKeyOrderBeyondTheFirstMapSize() {
        Path path = folder.resolve("db");
        int records = 2500;
        try (DatabaseWriter writer = Database.create(DB.LMDB, path)) {
            for (int i = records - 1; i >= 0; i--) {
                byte[] value = new byte[2000];
                Arrays.fill(value, (byte) i);
                writer.put(key(i), value);
            }
        }
        try (Database database = Database.open(DB.LMDB, path); Cursor cursor = database.cursor()) {
            assertEquals(records, database.size());
            assertTrue(cursor.first());
            for (int i = 0; i < records; i++) {
                assertArrayEquals(key(i), cursor.key());
                assertEquals((byte) i, cursor.value()[1999]);
                assertEquals(i < records - 1, cursor.next());
            }
            assertTrue(cursor.first());
            assertArrayEquals(key(0), cursor.key());
        }
    }

    @Test
    void readsWhatCaffeWrote() throws Exception {
        try (Database database = Database.open(DB.LMDB, Golden.resource("tools/db/lmdb_20x16")); Cursor cursor = database.cursor()) {
            assertEquals(11, database.size());
            assertTrue(cursor.first());
            assertEquals("00000000_sub00.png", new String(cursor.key(), StandardCharsets.UTF_8));
            Datum datum = Datum.parseFrom(cursor.value());
            assertEquals(960, datum.getData().size());
            assertTrue(cursor.next());
            assertEquals("00000001_sub01.png", new String(cursor.key(), StandardCharsets.UTF_8));
        }
    }

    @Test
    void emptyDatabase() {
        Path path = folder.resolve("empty");
        Database.create(DB.LMDB, path).close();
        try (Database database = Database.open(DB.LMDB, path); Cursor cursor = database.cursor()) {
            assertEquals(0, database.size());
            assertFalse(cursor.first());
        }
    }

    @Test
    void closeIsIdempotentAndUseAfterItIsRefused() {
        Path path = folder.resolve("closed");
        DatabaseWriter writer = Database.create(DB.LMDB, path);
        writer.put(key(1), key(1));
        writer.close();
        writer.close();
        assertThrows(IllegalStateException.class, () -> writer.put(key(2), key(2)));
        Database one = Database.open(DB.LMDB, path);
        Database two = Database.open(DB.LMDB, path);
        one.close();
        one.close();
        assertThrows(IllegalStateException.class, one::cursor);
        Cursor cursor = two.cursor();
        assertTrue(cursor.first());
        cursor.close();
        assertThrows(IllegalStateException.class, cursor::next);
        two.close();
    }

    @Test
    void damagedAndMissingDatabasesAreNamed() throws Exception {
        Path path = folder.resolve("cut");
        try (DatabaseWriter writer = Database.create(DB.LMDB, path)) {
            for (int i = 0; i < 200; i++) {
                writer.put(key(i), new byte[500]);
            }
        }
        try (RandomAccessFile data = new RandomAccessFile(path.resolve("data.mdb").toFile(), "rw")) {
            data.setLength(data.length() / 2);
        }
        assertMessage(path, "truncated");
        Files.write(path.resolve("data.mdb"), "this is no database".getBytes(StandardCharsets.UTF_8));
        assertMessage(path, "cannot open LMDB");
        assertMessage(folder.resolve("nowhere"), "no such folder");
        Files.createDirectory(folder.resolve("plain"));
        assertMessage(folder.resolve("plain"), "no data.mdb");
        assertTrue(assertThrows(DataException.class, () -> Database.create(DB.LMDB, path)).getMessage().contains("exists already"));
        assertThrows(DataException.class, () -> Database.create(DB.LMDB, folder.resolve("a/b/c")));
        assertTrue(assertThrows(DataException.class, () -> Database.open(DB.LEVELDB, path)).getMessage().contains("LMDB"));
    }

    private static void assertMessage(Path path, String text) {
        String message = assertThrows(DataException.class, () -> Database.open(DB.LMDB, path)).getMessage();
        assertTrue(message.contains(text) && message.contains(path.toString()), message);
    }

    @Test
    void keysHaveALimit() {
        try (DatabaseWriter writer = Database.create(DB.LMDB, folder.resolve("keys"))) {
            assertThrows(DataException.class, () -> writer.put(new byte[0], new byte[1]));
            assertThrows(DataException.class, () -> writer.put(new byte[600], new byte[1]));
        }
    }
}
