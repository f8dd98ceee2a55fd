package org.caffe4j.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.caffe4j.DataException;
import org.lmdbjava.ByteArrayProxy;
import org.lmdbjava.Dbi;
import org.lmdbjava.Env;
import org.lmdbjava.EnvFlags;
import org.lmdbjava.GetOp;
import org.lmdbjava.LmdbException;
import org.lmdbjava.Txn;

/**
 * An LMDB folder (data.mdb, lock.mdb) opened read-only, as Caffe does.
 *
 * <p>LMDB writes its lock file even for reading. Where that is refused (read-only folders, network file systems without locks) the system
 * property {@value Database#NO_LOCK} = true opens without locks; that is safe only while no one writes the database.
 *
 * <p>LMDB must not be opened twice in one process, so all instances of one folder share one environment; closing the last closes it.
 * Instances may be used by any thread; a cursor by one at a time.
 */
final class LmdbDatabase implements Database {
    private static final Map<Path, Environment> OPEN = new HashMap<>();

    private final Path path;
    private final Environment environment;
    private boolean closed;

    private LmdbDatabase(Path path, Environment environment) {
        this.path = path;
        this.environment = environment;
    }

    private static final class Environment {
        final Path key;
        final Env<byte[]> env;
        final Dbi<byte[]> dbi;
        int users;

        Environment(Path key, Env<byte[]> env, Dbi<byte[]> dbi) {
            this.key = key;
            this.env = env;
            this.dbi = dbi;
        }
    }

    /** Opens a folder that has a {@code data.mdb}. @throws IOException if it is no intact LMDB or may not be opened */
    static LmdbDatabase open(Path path) throws IOException {
        synchronized (OPEN) {
            try {
                Path key = path.toRealPath();
                Environment environment = OPEN.get(key);
                if (environment == null) {
                    environment = openEnvironment(key, path.resolve("data.mdb"));
                    OPEN.put(key, environment);
                }
                environment.users++;
                return new LmdbDatabase(path, environment);
            } catch (LmdbException e) {
                throw new IOException(e.getMessage(), e);
            }
        }
    }

    private static Environment openEnvironment(Path key, Path data) throws IOException {
        EnumSet<EnvFlags> flags = EnumSet.of(EnvFlags.MDB_RDONLY_ENV, EnvFlags.MDB_NOTLS);
        if (Boolean.getBoolean(NO_LOCK)) {
            flags.add(EnvFlags.MDB_NOLOCK);
        }
        Env<byte[]> env = Env.create(ByteArrayProxy.PROXY_BA).open(key.toFile(), flags.toArray(EnvFlags[]::new));
        try {
            // The file is memory-mapped: reading a page behind its end would end the process.
            long needed = (env.info().lastPageNumber + 1) * env.stat().pageSize;
            long size = Files.size(data);
            if (size < needed) {
                throw new DataException("LMDB file " + data + " is truncated: it has " + size + " bytes but its last page ends at " + needed
                    + "; copy it again");
            }
            return new Environment(key, env, env.openDbi((String) null));
        } catch (IOException | RuntimeException e) {
            env.close();
            throw e;
        }
    }

    @Override
    public long size() {
        try (Txn<byte[]> txn = environment().env.txnRead()) {
            return environment.dbi.stat(txn).entries;
        }
    }

    @Override
    public Cursor cursor() {
        return new LmdbCursor(path, environment().env, environment.dbi);
    }

    private Environment environment() {
        if (closed) {
            throw new IllegalStateException("LMDB " + path + " is closed");
        }
        return environment;
    }

    @Override
    public void close() {
        synchronized (OPEN) {
            if (closed) {
                return;
            }
            closed = true;
            environment.users--;
            if (environment.users == 0) {
                OPEN.remove(environment.key);
                environment.env.close();
            }
        }
    }

    /** A cursor in a read transaction of its own. */
    private static final class LmdbCursor implements Cursor {
        private final Path path;
        private final Txn<byte[]> txn;
        private final org.lmdbjava.Cursor<byte[]> cursor;
        private boolean closed;

        LmdbCursor(Path path, Env<byte[]> env, Dbi<byte[]> dbi) {
            this.path = path;
            txn = env.txnRead();
            try {
                cursor = dbi.openCursor(txn);
            } catch (RuntimeException e) {
                txn.close();
                throw e;
            }
        }

        @Override
        public boolean first() {
            return move(cursor::first);
        }

        @Override
        public boolean next() {
            return move(cursor::next);
        }

        @Override
        public boolean seek(byte[] key) {
            return move(() -> cursor.get(key, GetOp.MDB_SET_KEY));
        }

        private boolean move(BooleanSupplier move) {
            if (closed) {
                throw new IllegalStateException("cursor of LMDB " + path + " is closed");
            }
            try {
                return move.getAsBoolean();
            } catch (LmdbException e) {
                throw new DataException("cannot read LMDB " + path + ": " + e.getMessage(), e);
            }
        }

        @Override
        public byte[] key() {
            return cursor.key();
        }

        @Override
        public byte[] value() {
            return cursor.val();
        }

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                cursor.close();
                txn.close();
            }
        }
    }
}
