package org.caffe4j.data;

import java.io.IOException;
import java.nio.file.Path;
import org.caffe4j.DataException;
import org.caffe4j.io.AtomicFolder;

/** A database that is written as an {@link AtomicFolder}: the part that does not depend on the kind of database. */
public abstract class FolderWriter implements DatabaseWriter {
    private final String name;
    private final AtomicFolder folder;
    private boolean complete;
    private boolean closed;

    /**
     * Takes over the folder.
     *
     * @param kind of database, for messages
     * @param path of the finished database
     */
    protected FolderWriter(String kind, Path path, AtomicFolder folder) {
        this.name = kind + " " + path;
        this.folder = folder;
    }

    /** Writes what has not been written yet; all files are closed afterwards. */
    protected abstract void writeRest() throws IOException;

    /** Closes files that are still open, after a failure. Idempotent. */
    protected abstract void closeFiles();

    @Override
    public final void complete() {
        checkOpen();
        try {
            writeRest();
            folder.force();
        } catch (IOException e) {
            throw failure(e);
        }
        complete = true;
    }

    @Override
    public final void finish() {
        if (closed || !complete) {
            complete();
        }
        closed = true;
        try (folder) {
            folder.commit();
        } catch (IOException e) {
            throw failure(e);
        }
    }

    @Override
    public final void close() {
        if (!closed) {
            closed = true;
            closeFiles();
            folder.close();
        }
    }

    /** Throws unless records can be put. */
    protected final void checkOpen() {
        if (closed || complete) {
            throw new IllegalStateException(name + (closed ? " is closed" : " is complete"));
        }
    }

    /** The exception for what cannot be written. */
    protected final DataException failure(Exception e) {
        return new DataException("cannot write " + name + ": " + AtomicFolder.reason(e) + "; " + folder.leftNothing(), e);
    }
}
