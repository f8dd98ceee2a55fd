package org.caffe4j.data.lmdb;

import java.io.IOException;
import java.nio.file.Path;
import org.caffe4j.DataException;
import org.caffe4j.data.Cursor;
import org.caffe4j.data.Database;

/**
 * An LMDB folder opened for reading. No lock is taken and no lock file made, so folders that may not be written and file systems without
 * locks are read like others; while another program writes, each cursor sees whole transactions only.
 *
 * <p>Instances may be used by any thread; a cursor by one at a time.
 */
public final class LmdbDatabase implements Database {
    private final Path path;
    private volatile boolean closed;

    private LmdbDatabase(Path path) {
        this.path = path;
    }

    /** Opens a folder that has a {@code data.mdb}. @throws IOException if it may not be read @throws DataException if it is damaged */
    public static LmdbDatabase open(Path path) throws IOException {
        LmdbDatabase database = new LmdbDatabase(path);
        database.newCursor().close();
        return database;
    }

    private LmdbCursor newCursor() throws IOException {
        DataFile file = new DataFile(path.resolve("data.mdb"));
        LmdbCursor cursor = null;
        try {
            cursor = new LmdbCursor("LMDB " + path, file);
            return cursor;
        } finally {
            if (cursor == null) {
                file.close();
            }
        }
    }

    @Override
    public long size() {
        requireOpen();
        try (DataFile file = new DataFile(path.resolve("data.mdb"))) {
            return file.newest().entries();
        } catch (IOException e) {
            throw cannotRead(e);
        }
    }

    @Override
    public Cursor cursor() {
        requireOpen();
        try {
            return newCursor();
        } catch (IOException e) {
            throw cannotRead(e);
        }
    }

    private DataException cannotRead(IOException cause) {
        return new DataException("cannot read LMDB " + path + ": " + cause, cause);
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("LMDB " + path + " is closed");
        }
    }

    /** Open cursors stay usable. */
    @Override
    public void close() {
        closed = true;
    }
}
