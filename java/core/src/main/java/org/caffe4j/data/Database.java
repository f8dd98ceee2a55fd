package org.caffe4j.data;

import java.nio.file.Path;
import org.caffe4j.DataException;
import org.caffe4j.proto.DataParameter.DB;

/** A database of records (key, value) opened for reading; Caffe's values are serialised {@code Datum} messages. */
public interface Database extends AutoCloseable {

    /** A new cursor, on no record yet. The caller closes it. */
    Cursor cursor();

    /** Number of records. */
    long size();

    @Override
    void close();

    /**
     * Opens a database of the given kind for reading.
     *
     * @throws DataException naming the path, if it cannot be opened
     */
    static Database open(DB backend, Path path) {
        return switch (backend) {
            case LMDB -> LmdbDatabase.open(path);
            case LEVELDB -> throw noLevelDb(path);
        };
    }

    /**
     * Makes a new database for writing.
     *
     * @throws DataException naming the path, if there is something already or it cannot be made
     */
    static DatabaseWriter create(DB backend, Path path) {
        return switch (backend) {
            case LMDB -> LmdbWriter.create(path);
            case LEVELDB -> throw noLevelDb(path);
        };
    }

    private static DataException noLevelDb(Path path) {
        return new DataException("LevelDB is not supported: cannot open " + path + "; this version reads and writes LMDB only, set "
            + "backend: LMDB (backend defaults to LEVELDB) and make the database as LMDB");
    }
}
