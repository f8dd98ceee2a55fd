package org.caffe4j.data;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.caffe4j.DataException;
import org.caffe4j.data.leveldb.LevelDbDatabase;
import org.caffe4j.data.leveldb.LevelDbWriter;
import org.caffe4j.data.lmdb.LmdbDatabase;
import org.caffe4j.data.lmdb.LmdbWriter;
import org.caffe4j.io.AtomicFolder;
import org.caffe4j.proto.DataParameter.DB;

/** A database of records (key, value) opened for reading; Caffe's values are serialised {@code Datum} messages. */
public interface Database extends AutoCloseable {
    /**
     * Name of the system property that, if true, has databases opened without locks where there would be one, for file systems that have
     * none: LevelDB for reading, LMDB for writing. Safe only while no other program writes the database.
     */
    String NO_LOCK = "org.caffe4j.database.nolock";

    /** A new cursor, on no record yet. The caller closes it. */
    Cursor cursor();

    /** Number of records. LMDB knows it, LevelDB has to read everything. */
    long size();

    @Override
    void close();

    /**
     * Opens a database of the given kind for reading.
     *
     * @throws DataException naming the path, if it cannot be opened
     */
    static Database open(DB backend, Path path) {
        if (!Files.isRegularFile(path.resolve(mark(backend)))) {
            throw notThere(backend, path);
        }
        try {
            return switch (backend) {
                case LMDB -> LmdbDatabase.open(path);
                case LEVELDB -> LevelDbDatabase.open(path);
            };
        } catch (IOException e) {
            throw new DataException("cannot open " + name(backend) + " " + path + " (on a file system of type " + fileSystem(path) + "): "
                + AtomicFolder.reason(e) + "; if its file system has no locks, --nolock (-D" + NO_LOCK
                + "=true) does without, which is safe only while no other program writes it", e);
        }
    }

    /**
     * Makes a new database for writing.
     *
     * @throws DataException naming the path, if there is something already or it cannot be made
     */
    static DatabaseWriter create(DB backend, Path path) {
        try {
            return switch (backend) {
                case LMDB -> LmdbWriter.create(path);
                case LEVELDB -> LevelDbWriter.create(path);
            };
        } catch (FileSystemException e) {
            throw new DataException("cannot make " + name(backend) + " " + path + ": " + e
                + "; make sure that the folder around it exists and is writable", e);
        } catch (IOException e) {
            throw new DataException("cannot make " + name(backend) + " " + path + ": " + e.getMessage(), e);
        }
    }

    private static String name(DB backend) {
        return backend == DB.LMDB ? "LMDB" : "LevelDB";
    }

    /** A file that every folder of the kind has. */
    private static String mark(DB backend) {
        return backend == DB.LMDB ? "data.mdb" : "CURRENT";
    }

    private static DataException notThere(DB backend, Path path) {
        String found = !Files.exists(path) ? "no such folder" : !Files.isDirectory(path) ? "it is not a folder"
            : "the folder has no " + mark(backend);
        DB other = backend == DB.LMDB ? DB.LEVELDB : DB.LMDB;
        String hint = Files.exists(path.resolve(mark(other)))
            ? "it looks like a " + name(other) + ": write backend: " + other + " (in a command --backend=" + name(other).toLowerCase(Locale.ROOT)
                + "); a data layer without backend takes LEVELDB"
            : "is the path meant from the working directory " + Path.of("").toAbsolutePath() + "?";
        return new DataException("cannot open " + name(backend) + " " + path + ": " + found + "; " + hint);
    }

    private static String fileSystem(Path path) {
        try {
            return Files.getFileStore(path).type();
        } catch (IOException e) {
            return "unknown";
        }
    }
}
