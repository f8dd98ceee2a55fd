package org.caffe4j.data.lmdb;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.caffe4j.DataException;
import org.caffe4j.data.Cursor;
import org.caffe4j.data.Database;
import org.caffe4j.io.Golden;
import org.caffe4j.proto.DataParameter.DB;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lmdbjava.ByteArrayProxy;
import org.lmdbjava.Dbi;
import org.lmdbjava.DbiFlags;
import org.lmdbjava.Env;
import org.lmdbjava.Txn;

class LmdbDatabaseTest {
    @TempDir
    Path folder;

    private static byte[] key(int i) {
        return String.format(Locale.ROOT, "%06d", i).getBytes(StandardCharsets.US_ASCII);
    }

    private Env<byte[]> env(DbiFlags... flags) {
        Env<byte[]> env = Env.create(ByteArrayProxy.PROXY_BA).setMapSize(64 << 20).open(folder.toFile());
        env.openDbi((String) null, flags);
        return env;
    }

    /** A tree of several levels, with gaps from deletions, read from end to end and searched. */
    @Test
    void agreesWithLmdb() {
        int keys = 30_000;
        try (Env<byte[]> env = env(DbiFlags.MDB_CREATE)) {
            Dbi<byte[]> dbi = env.openDbi((String) null);
            Random random = new Random(1);
            try (Txn<byte[]> txn = env.txnWrite()) {
                for (int i = 0; i < keys; i++) {
                    byte[] value = new byte[random.nextInt(10) == 0 ? 3000 + random.nextInt(9000) : random.nextInt(200)];
                    random.nextBytes(value);
                    dbi.put(txn, key(random.nextInt(keys)), value);
                }
                txn.commit();
            }
            try (Txn<byte[]> txn = env.txnWrite()) {
                for (int i = 0; i < keys / 3; i++) {
                    dbi.delete(txn, key(random.nextInt(keys)));
                }
                txn.commit();
            }
            try (Txn<byte[]> txn = env.txnRead(); Database database = Database.open(DB.LMDB, folder); Cursor cursor = database.cursor()) {
                assertEquals(dbi.stat(txn).entries, database.size());
                assertTrue(dbi.stat(txn).depth >= 3, "depth");
                try (var expected = dbi.openCursor(txn)) {
                    for (boolean more = expected.first(); more; more = expected.next()) {
                        assertTrue(cursor.next());
                        assertArrayEquals(expected.key(), cursor.key());
                        assertArrayEquals(expected.val(), cursor.value());
                    }
                    assertFalse(cursor.next());
                    assertFalse(cursor.next());
                }
                for (int i = 0; i < keys; i += 7) {
                    byte[] expected = dbi.get(txn, key(i));
                    assertEquals(expected != null, cursor.seek(key(i)));
                    if (expected != null) {
                        assertArrayEquals(expected, cursor.value());
                    }
                }
            }
        }
    }

    /** Each transaction sets all records to one number: no reader ever sees two numbers in a record, or a key too few or twice. */
    @Test
    void aWriterAtTheSameTimeIsSeenInWholeTransactions() throws Exception {
        int keys = 400;
        try (Env<byte[]> env = env(DbiFlags.MDB_CREATE)) {
            Dbi<byte[]> dbi = env.openDbi((String) null);
            AtomicBoolean stop = new AtomicBoolean();
            write(env, dbi, keys, 0);
            Thread writer = new Thread(() -> {
                for (int round = 1; !stop.get(); round++) {
                    write(env, dbi, keys, round);
                }
            });
            writer.start();
            try (Database database = Database.open(DB.LMDB, folder); Cursor cursor = database.cursor()) {
                int newest = 0;
                for (int pass = 0; pass < 200 || newest < 20; pass++) {
                    List<String> found = new ArrayList<>();
                    for (boolean more = cursor.first(); more; more = cursor.next()) {
                        found.add(new String(cursor.key(), StandardCharsets.US_ASCII));
                        byte[] value = cursor.value();
                        for (byte b : value) {
                            assertEquals(value[0], b);
                        }
                        newest = Math.max(newest, value[0]);
                    }
                    assertEquals(keys, found.size());
                    assertEquals(found.stream().sorted().distinct().toList(), found);
                }
            } finally {
                stop.set(true);
                writer.join();
            }
        }
    }

    private static void write(Env<byte[]> env, Dbi<byte[]> dbi, int keys, int number) {
        try (Txn<byte[]> txn = env.txnWrite()) {
            for (int i = 0; i < keys; i++) {
                byte[] value = new byte[i % 5 == 0 ? 6000 : 50];
                Arrays.fill(value, (byte) (number % 100));
                dbi.put(txn, key(i), value);
            }
            txn.commit();
        }
    }

    /** LMDB itself ends the process at many of these. */
    @Test
    void aDamagedFileIsAnException() throws IOException {
        byte[] good = Files.readAllBytes(Golden.resource("tools/db/lmdb_native").resolve("data.mdb"));
        Random random = new Random(2);
        int refused = 0;
        for (int i = 0; i < 3000; i++) {
            byte[] bad = good.clone();
            int at = random.nextInt(bad.length / 4096) * 4096 + random.nextInt(random.nextBoolean() ? 64 : 4000);
            for (int j = 0; j <= i % 4; j++) {
                bad[at + j] = (byte) random.nextInt(256);
            }
            Files.write(folder.resolve("data.mdb"), bad);
            try (Database database = Database.open(DB.LMDB, folder); Cursor cursor = database.cursor()) {
                int records = 0;
                for (boolean more = cursor.first(); more && records < 1000; more = cursor.next()) {
                    cursor.value();
                    records++;
                }
                assertTrue(records < 1000, "endless");
            } catch (DataException e) {
                refused++;
                assertTrue(e.getMessage().contains(folder.toString()), e.getMessage());
            }
        }
        assertTrue(refused > 200, refused + " refused");
        for (int length = 0; length < good.length; length += 1021) {
            Files.write(folder.resolve("data.mdb"), Arrays.copyOf(good, length));
            assertThrows(DataException.class, () -> Database.open(DB.LMDB, folder));
        }
    }

    @Test
    void readingWritesNothing() throws IOException {
        Files.copy(Golden.resource("tools/db/lmdb_20x16").resolve("data.mdb"), folder.resolve("data.mdb"));
        try (Database database = Database.open(DB.LMDB, folder); Cursor cursor = database.cursor()) {
            assertTrue(cursor.next());
        }
        assertArrayEquals(new String[] {"data.mdb"}, folder.toFile().list());
    }

    @Test
    void otherKindsOfTreesAreRefused() {
        env(DbiFlags.MDB_CREATE, DbiFlags.MDB_DUPSORT).close();
        String message = assertThrows(DataException.class, () -> Database.open(DB.LMDB, folder)).getMessage();
        assertTrue(message.contains("is not one of Caffe's"), message);
    }
}
