package org.caffe4j.data.leveldb;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.caffe4j.DataException;
import org.caffe4j.data.Cursor;
import org.caffe4j.data.Database;

/**
 * A LevelDB folder opened for reading, as it is: nothing in it is changed, unlike LevelDB itself, which reorganises a folder when it opens
 * it. So folders that may not be written can be read, and by several processes at once. While it is open a shared lock keeps LevelDB in
 * other processes away; the system property {@value Database#NO_LOCK} = true does without, which is safe only while no one writes it.
 *
 * <p>Instances may be used by any thread; a cursor by one at a time.
 */
public final class LevelDbDatabase implements Database {
    private final FileNames names;
    private final FolderLock lock;
    private final LoggedRecords logged;
    private final List<List<TableInfo>> runs;
    private boolean closed;

    private LevelDbDatabase(FileNames names, FolderLock lock, LoggedRecords logged, List<List<TableInfo>> runs) {
        this.names = names;
        this.lock = lock;
        this.logged = logged;
        this.runs = runs;
    }

    /** Opens a folder that has a file {@code CURRENT}. @throws IOException if it may not be opened or misses a file */
    public static LevelDbDatabase open(Path path) throws IOException {
        FileNames names = new FileNames(path);
        FolderLock lock = null;
        LoggedRecords logged = new LoggedRecords();
        LevelDbDatabase database = null;
        try {
            lock = Boolean.getBoolean(NO_LOCK) ? null : FolderLock.acquire(names.lock());
            Manifest manifest = Manifest.read(names);
            for (long log : names.logs()) {
                if (manifest.isLive(log)) {
                    logged.add(names.log(log));
                }
            }
            List<List<TableInfo>> runs = manifest.runs();
            for (List<TableInfo> run : runs) {
                for (TableInfo table : run) {
                    names.table(table.number());
                }
            }
            database = new LevelDbDatabase(names, lock, logged, runs);
            return database;
        } finally {
            if (database == null) {
                close(lock, logged);
            }
        }
    }

    private static void close(FolderLock lock, LoggedRecords logged) {
        logged.close();
        if (lock != null) {
            try {
                lock.close();
            } catch (IOException e) {
                throw new DataException("cannot unlock LevelDB: " + e, e);
            }
        }
    }

    /** Counted by going through all records. */
    @Override
    public long size() {
        long count = 0;
        try (Cursor cursor = cursor()) {
            for (boolean more = cursor.first(); more; more = cursor.next()) {
                count++;
            }
        }
        return count;
    }

    @Override
    public Cursor cursor() {
        if (closed) {
            throw new IllegalStateException("LevelDB " + names.folder() + " is closed");
        }
        List<Entries> parts = new ArrayList<>();
        if (!logged.isEmpty()) {
            parts.add(logged.entries());
        }
        runs.forEach(run -> parts.add(new LevelEntries(names, run)));
        return new LevelDbCursor(names.folder(), new LiveEntries(parts.size() == 1 ? parts.get(0) : new MergedEntries(parts)));
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            close(lock, logged);
        }
    }

    private static final class LevelDbCursor implements Cursor {
        private final Path path;
        private final LiveEntries entries;
        private boolean started;
        private boolean closed;

        LevelDbCursor(Path path, LiveEntries entries) {
            this.path = path;
            this.entries = entries;
        }

        @Override
        public boolean first() {
            requireOpen();
            started = true;
            entries.first();
            return entries.valid();
        }

        @Override
        public boolean next() {
            if (!started) {
                return first();
            }
            requireOpen();
            if (entries.valid()) {
                entries.next();
            }
            return entries.valid();
        }

        @Override
        public boolean seek(byte[] key) {
            requireOpen();
            started = true;
            entries.seek(key);
            return entries.isAt(key);
        }

        private void requireOpen() {
            if (closed) {
                throw new IllegalStateException("cursor of LevelDB " + path + " is closed");
            }
        }

        @Override
        public byte[] key() {
            return entries.userKey();
        }

        @Override
        public byte[] value() {
            return entries.value();
        }

        @Override
        public void close() {
            closed = true;
            entries.close();
        }
    }
}
