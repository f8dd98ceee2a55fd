package org.caffe4j.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.caffe4j.DataException;
import org.lmdbjava.ByteArrayProxy;
import org.lmdbjava.Dbi;
import org.lmdbjava.DbiFlags;
import org.lmdbjava.Env;
import org.lmdbjava.LmdbException;
import org.lmdbjava.Txn;

/** Writes a new LMDB folder, a transaction every {@value #RECORDS_A_COMMIT} records; the map doubles when it is full. */
final class LmdbWriter implements DatabaseWriter {
    static final int RECORDS_A_COMMIT = 1000;
    static final long FIRST_MAP_SIZE = 1 << 20;

    private record Entry(byte[] key, byte[] value) {
    }

    private final Path path;
    private final Env<byte[]> env;
    private final Dbi<byte[]> dbi;
    private final List<Entry> pending = new ArrayList<>();
    private long mapSize = FIRST_MAP_SIZE;
    private boolean closed;

    private LmdbWriter(Path path, Env<byte[]> env) {
        this.path = path;
        this.env = env;
        this.dbi = env.openDbi((String) null, DbiFlags.MDB_CREATE);
    }

    static LmdbWriter create(Path path) {
        if (Files.exists(path)) {
            throw new DataException("cannot make LMDB " + path + ": it exists already; remove it or choose another path");
        }
        try {
            Files.createDirectory(path);
            return new LmdbWriter(path, Env.create(ByteArrayProxy.PROXY_BA).setMapSize(FIRST_MAP_SIZE).open(path.toFile()));
        } catch (IOException | LmdbException e) {
            throw new DataException("cannot make LMDB " + path + ": " + e, e);
        }
    }

    @Override
    public void put(byte[] key, byte[] value) {
        checkOpen();
        if (key.length == 0 || key.length > env.getMaxKeySize()) {
            throw new DataException("LMDB " + path + ": a key has " + key.length + " bytes but must have 1 to " + env.getMaxKeySize());
        }
        pending.add(new Entry(key.clone(), value.clone()));
        if (pending.size() == RECORDS_A_COMMIT) {
            commit();
        }
    }

    @Override
    public void commit() {
        checkOpen();
        while (!pending.isEmpty()) {
            try (Txn<byte[]> txn = env.txnWrite()) {
                for (Entry entry : pending) {
                    dbi.put(txn, entry.key, entry.value);
                }
                txn.commit();
                pending.clear();
            } catch (Env.MapFullException e) {
                mapSize *= 2;
                env.setMapSize(mapSize);
            } catch (LmdbException e) {
                throw new DataException("cannot write LMDB " + path + ": " + e.getMessage(), e);
            }
        }
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("LMDB " + path + " is closed");
        }
    }

    @Override
    public void close() {
        if (!closed) {
            try {
                commit();
            } finally {
                closed = true;
                env.close();
            }
        }
    }
}
