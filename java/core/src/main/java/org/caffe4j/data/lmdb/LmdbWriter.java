package org.caffe4j.data.lmdb;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.caffe4j.DataException;
import org.caffe4j.data.Database;
import org.caffe4j.data.FolderWriter;
import org.caffe4j.io.AtomicFolder;
import org.lmdbjava.ByteArrayProxy;
import org.lmdbjava.Dbi;
import org.lmdbjava.DbiFlags;
import org.lmdbjava.Env;
import org.lmdbjava.EnvFlags;
import org.lmdbjava.LmdbException;
import org.lmdbjava.Txn;

/**
 * Writes a new LMDB folder, a transaction every {@value #RECORDS_A_COMMIT} records as Caffe does, or earlier when the records are large;
 * the map doubles when it is full. Transactions do not wait for the disk: the folder counts only when it is finished.
 */
public final class LmdbWriter extends FolderWriter {
    static final int RECORDS_A_COMMIT = 1000;
    static final long BYTES_A_COMMIT = 64L << 20;
    static final long FIRST_MAP_SIZE = 1 << 20;

    private record Entry(byte[] key, byte[] value) {
    }

    private final Path path;
    private final Env<byte[]> env;
    private final Dbi<byte[]> dbi;
    private final List<Entry> pending = new ArrayList<>();
    private long pendingBytes;
    private long mapSize = FIRST_MAP_SIZE;

    private LmdbWriter(Path path, AtomicFolder folder, Env<byte[]> env) {
        super("LMDB", path, folder);
        this.path = path;
        this.env = env;
        this.dbi = env.openDbi((String) null, DbiFlags.MDB_CREATE);
    }

    /** Begins a new database. @throws IOException if there is something already or it cannot be made */
    public static LmdbWriter create(Path path) throws IOException {
        AtomicFolder folder = AtomicFolder.create(path);
        Env<byte[]> env = null;
        LmdbWriter writer = null;
        try {
            env = Env.create(ByteArrayProxy.PROXY_BA).setMapSize(FIRST_MAP_SIZE).open(folder.path().toFile(), flags());
            writer = new LmdbWriter(path, folder, env);
            return writer;
        } catch (LmdbException e) {
            throw new IOException(e.getMessage(), e);
        } catch (LinkageError e) {
            Throwable cause = e;
            while (cause.getCause() != null) {
                cause = cause.getCause();
            }
            throw new IOException("LMDB's native library cannot be loaded (" + cause + "); it is unpacked in " + System.getProperty("java.io.tmpdir")
                    + ", where there must be space and programs may run, or in the folder that -Djava.io.tmpdir names", e);
        } finally {
            if (writer == null) {
                if (env != null) {
                    env.close();
                }
                folder.close();
            }
        }
    }

    private static EnvFlags[] flags() {
        return Boolean.getBoolean(Database.NO_LOCK) ? new EnvFlags[] {EnvFlags.MDB_NOSYNC, EnvFlags.MDB_NOLOCK}
            : new EnvFlags[] {EnvFlags.MDB_NOSYNC};
    }

    @Override
    public void put(byte[] key, byte[] value) {
        checkOpen();
        if (key.length == 0 || key.length > env.getMaxKeySize()) {
            throw new DataException("LMDB " + path + ": a key has " + key.length + " bytes but must have 1 to " + env.getMaxKeySize());
        }
        pending.add(new Entry(key.clone(), value.clone()));
        pendingBytes += value.length;
        if (pending.size() == RECORDS_A_COMMIT || pendingBytes >= BYTES_A_COMMIT) {
            commit();
        }
    }

    private void commit() {
        while (!pending.isEmpty()) {
            try (Txn<byte[]> txn = env.txnWrite()) {
                for (Entry entry : pending) {
                    dbi.put(txn, entry.key, entry.value);
                }
                txn.commit();
                pending.clear();
                pendingBytes = 0;
            } catch (Env.MapFullException e) {
                mapSize *= 2;
                env.setMapSize(mapSize);
            } catch (LmdbException e) {
                throw failure(e);
            }
        }
    }

    @Override
    protected void writeRest() {
        commit();
        env.close();
    }

    @Override
    protected void closeFiles() {
        env.close();
    }
}
