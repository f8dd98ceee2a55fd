package org.caffe4j.data.leveldb;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.caffe4j.DataException;
import org.caffe4j.data.Cursor;
import org.caffe4j.data.Database;
import org.caffe4j.io.TestFiles;
import org.caffe4j.proto.DataParameter.DB;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LevelDbDatabaseTest {
    /**
     * Written by LevelDB 1.23: keys "00000000" to "00000299" put three times over, each tenth deleted, "00000020" put again, "zz last" of
     * 40,000 bytes; a table in level 2, two live logs.
     */
    private static final Path MIXED = Path.of("src", "test", "resources", "leveldb", "mixed");
    private static final int MIXED_RECORDS = 272;
    /** FNV-1a of all keys and values as LevelDB reads them. */
    private static final long MIXED_HASH = 0x981bb3ad16fe4aa0L;

    @TempDir
    Path folder;

    private static int readAll(Path path, long[] hash) {
        int count = 0;
        try (Database database = Database.open(DB.LEVELDB, path); Cursor cursor = database.cursor()) {
            hash[0] = 1469598103934665603L;
            for (boolean more = cursor.first(); more; more = cursor.next()) {
                count++;
                for (byte[] bytes : new byte[][] {cursor.key(), cursor.value()}) {
                    for (byte b : bytes) {
                        hash[0] = (hash[0] ^ b & 0xff) * 1099511628211L;
                    }
                }
            }
        }
        return count;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private Path copy(Path source, String name) throws IOException {
        Path target = Files.createDirectory(folder.resolve(name));
        try (Stream<Path> files = Files.list(source)) {
            for (Path file : files.toList()) {
                Files.copy(file, target.resolve(file.getFileName()));
            }
        }
        return target;
    }

    @Test
    void tablesOfSeveralLevelsLogsAndDeletions() {
        long[] hash = new long[1];
        assertEquals(MIXED_RECORDS, readAll(MIXED, hash));
        assertEquals(MIXED_HASH, hash[0]);
        try (Database database = Database.open(DB.LEVELDB, MIXED); Cursor cursor = database.cursor()) {
            assertFalse(cursor.seek(ascii("00000030")), "deleted");
            assertTrue(cursor.seek(ascii("00000020")));
            assertArrayEquals(ascii("back"), cursor.value());
            assertTrue(cursor.next());
            assertArrayEquals(ascii("00000021"), cursor.key());
            assertTrue(cursor.seek(ascii("zz last")));
            assertEquals(40000, cursor.value().length);
            assertFalse(cursor.next());
        }
    }

    @Test
    void readingChangesNothing() throws IOException {
        Path path = copy(MIXED, "same");
        TreeMap<String, byte[]> before = contents(path);
        readAll(path, new long[1]);
        TreeMap<String, byte[]> after = contents(path);
        assertEquals(before.keySet(), after.keySet());
        before.forEach((name, bytes) -> assertArrayEquals(bytes, after.get(name), name));
    }

    private static TreeMap<String, byte[]> contents(Path path) throws IOException {
        TreeMap<String, byte[]> contents = new TreeMap<>();
        try (Stream<Path> files = Files.list(path)) {
            for (Path file : files.toList()) {
                contents.put(file.getFileName().toString(), Files.readAllBytes(file));
            }
        }
        return contents;
    }

    /** No damage may give an exception that does not name the file, nor records that were never written. */
    @Test
    void aChangedByteIsFound() throws IOException {
        Random random = new Random(4);
        Path path = copy(MIXED, "damaged");
        Set<String> named = new TreeSet<>();
        for (var entry : contents(path).entrySet()) {
            Path file = path.resolve(entry.getKey());
            for (int i = 0; i < 150 && entry.getValue().length > 0; i++) {
                byte[] bad = entry.getValue().clone();
                bad[random.nextInt(bad.length)] ^= (byte) (1 + random.nextInt(255));
                Files.write(file, bad);
                try {
                    int count = readAll(path, new long[1]);
                    boolean tail = entry.getKey().endsWith(".log") || entry.getKey().startsWith("MANIFEST");
                    assertTrue(count == MIXED_RECORDS || tail, entry.getKey() + " gives " + count + " records");
                } catch (DataException e) {
                    assertTrue(e.getMessage().contains(path.toString()), e.getMessage());
                    named.add(entry.getKey());
                }
            }
            Files.write(file, entry.getValue());
        }
        assertEquals(Set.of("000004.log", "000005.ldb", "000006.log", "CURRENT", "MANIFEST-000002"), named);
    }

    @Test
    void aTableThatIsCutOrMissing() throws IOException {
        Path path = copy(MIXED, "cut");
        Path table = path.resolve("000005.ldb");
        byte[] bytes = Files.readAllBytes(table);
        for (int length : new int[] {0, 47, 100, bytes.length / 2, bytes.length - 1}) {
            Files.write(table, Arrays.copyOf(bytes, length));
            String message = assertThrows(DataException.class, () -> readAll(path, new long[1])).getMessage();
            assertTrue(message.contains(table.toString()), message);
        }
        Files.delete(table);
        String message = assertThrows(DataException.class, () -> Database.open(DB.LEVELDB, path)).getMessage();
        assertTrue(message.contains(table + ": the manifest names it, but it is not there"), message);
        Files.write(path.resolve("000005.sst"), bytes);
        assertEquals(MIXED_RECORDS, readAll(path, new long[1]));
    }

    /** A writer that is killed leaves a log that ends anywhere: every batch that is whole counts, the rest does not. */
    @Test
    void aLogThatBreaksOff() throws IOException {
        Path path = folder.resolve("killed");
        try (var writer = Database.create(DB.LEVELDB, path)) {
            writer.finish();
        }
        Path log = new FileNames(path).log(10);
        int[] ends = new int[5];
        try (OutputStream out = Files.newOutputStream(log)) {
            LogWriter writer = new LogWriter(out);
            for (int batch = 0; batch < ends.length; batch++) {
                Encoder bytes = new Encoder().fixed64(10L * batch + 1).fixed32(3);
                for (int i = 0; i < 3; i++) {
                    bytes.write(InternalKey.VALUE);
                    bytes.string(ascii(String.format(Locale.ROOT, "%d-%d", batch, i)));
                    byte[] value = new byte[15000 + 700 * batch];
                    Arrays.fill(value, (byte) (10 * batch + i));
                    bytes.string(value);
                }
                writer.write(bytes.toByteArray());
                ends[batch] = (int) Files.size(log);
            }
        }
        byte[] whole = Files.readAllBytes(log);
        for (int length = whole.length; length >= 0; length -= 997) {
            Files.write(log, Arrays.copyOf(whole, length));
            int batches = 0;
            while (batches < ends.length && ends[batches] <= length) {
                batches++;
            }
            try (Database database = Database.open(DB.LEVELDB, path); Cursor cursor = database.cursor()) {
                for (int i = 0; i < 3 * batches; i++) {
                    assertTrue(cursor.next(), "record " + i + " of " + length + " bytes");
                    byte[] value = cursor.value();
                    assertEquals(15000 + 700 * (i / 3), value.length);
                    assertEquals(10 * (i / 3) + i % 3, value[0]);
                    assertEquals(value[0], value[value.length - 1]);
                }
                assertFalse(cursor.next());
            }
        }
    }

    /** Every place at which a record may begin or a value may cross blocks of a log. */
    @Test
    void recordsAtTheBordersOfBlocks() throws IOException {
        Random random = new Random(5);
        for (int at = LogFile.BLOCK - 40; at <= LogFile.BLOCK; at++) {
            int pad = at;
            Path file = folder.resolve("log" + pad);
            byte[] value = new byte[2 * LogFile.BLOCK + 20];
            random.nextBytes(value);
            try (OutputStream out = Files.newOutputStream(file)) {
                LogWriter writer = new LogWriter(out);
                writer.write(new byte[pad - LogFile.HEADER]);
                writer.write(value);
            }
            try (LogFile log = new LogFile(file)) {
                assertTrue(log.next(record -> assertEquals(pad - LogFile.HEADER, record.rest().length)));
                LogFile.Part[] parts = new LogFile.Part[3];
                assertTrue(log.next(record -> {
                    parts[0] = record.skip(5);
                    assertArrayEquals(Arrays.copyOfRange(value, 5, 9), record.take(4));
                    parts[1] = record.skip(LogFile.BLOCK);
                    parts[2] = record.skip(value.length - 9 - LogFile.BLOCK);
                    assertTrue(record.atEnd());
                }));
                assertFalse(log.next(record -> { }));
                assertArrayEquals(Arrays.copyOf(value, 5), log.read(parts[0]));
                assertArrayEquals(Arrays.copyOfRange(value, 9, 9 + LogFile.BLOCK), log.read(parts[1]));
                assertArrayEquals(Arrays.copyOfRange(value, 9 + LogFile.BLOCK, value.length), log.read(parts[2]));
            }
        }
    }

    /** With little memory the writer makes many runs, which overlap where keys come out of order. */
    @Test
    void recordsOutOfOrderAreMerged() throws IOException {
        Random random = new Random(6);
        for (boolean shuffled : new boolean[] {false, true}) {
            Path path = folder.resolve("merged" + shuffled);
            TreeMap<String, byte[]> expected = new TreeMap<>();
            try (LevelDbWriter writer = LevelDbWriter.create(path, 20_000)) {
                for (int i = 0; i < 2000; i++) {
                    String key = String.format(Locale.ROOT, "%06d", shuffled ? random.nextInt(1500) : i);
                    byte[] value = new byte[random.nextInt(400)];
                    random.nextBytes(value);
                    writer.put(ascii(key), value);
                    expected.put(key, value);
                }
                writer.finish();
            }
            try (Database database = Database.open(DB.LEVELDB, path); Cursor cursor = database.cursor()) {
                expected.forEach((key, value) -> {
                    assertTrue(cursor.next());
                    assertArrayEquals(ascii(key), cursor.key());
                    assertArrayEquals(value, cursor.value());
                });
                assertFalse(cursor.next());
            }
        }
    }

    @Test
    void recordsThatRepeatAreCompressed() throws IOException {
        Path path = folder.resolve("small");
        try (var writer = Database.create(DB.LEVELDB, path)) {
            for (int i = 0; i < 100; i++) {
                writer.put(ascii("key" + i), new byte[10_000]);
            }
            writer.finish();
        }
        try (Stream<Path> files = Files.list(path)) {
            long size = files.mapToLong(file -> file.toFile().length()).sum();
            assertTrue(size < 100_000, size + " bytes");
        }
        try (Database database = Database.open(DB.LEVELDB, path)) {
            assertEquals(100, database.size());
        }
    }

    /** Several readers of this process share one lock; closing one keeps it. */
    @Test
    void aFolderThatAnotherProcessHasOpenIsRefused() throws Exception {
        Path path = copy(MIXED, "locked");
        Process other = new ProcessBuilder(TestFiles.pythonWith("fcntl"), "-c", "import fcntl, sys; f = open(sys.argv[1], 'r+'); fcntl.lockf(f, fcntl.LOCK_EX);"
            + " print('locked', flush=True); sys.stdin.read()", path.resolve("LOCK").toString()).start();
        try {
            assertEquals("locked", other.inputReader().readLine());
            String message = assertThrows(DataException.class, () -> Database.open(DB.LEVELDB, path)).getMessage();
            assertTrue(message.contains("another process has it open") && message.contains("--nolock"), message);
            System.setProperty(Database.NO_LOCK, "true");
            try {
                assertEquals(MIXED_RECORDS, readAll(path, new long[1]));
            } finally {
                System.clearProperty(Database.NO_LOCK);
            }
        } finally {
            other.destroyForcibly().waitFor();
        }
        Database one = Database.open(DB.LEVELDB, path);
        try (Database two = Database.open(DB.LEVELDB, path)) {
            assertTrue(two.cursor().first());
        }
        assertTrue(one.cursor().first());
        one.close();
        try (FileChannel channel = FileChannel.open(path.resolve("LOCK"), StandardOpenOption.WRITE)) {
            channel.tryLock().release();
        }
    }
}
