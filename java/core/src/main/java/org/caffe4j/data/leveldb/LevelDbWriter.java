package org.caffe4j.data.leveldb;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import org.caffe4j.data.FolderWriter;
import org.caffe4j.io.AtomicFolder;

/**
 * Writes a new LevelDB folder. Records gather in memory, sorted, and go to tables {@value #MEMORY_BYTES} bytes at a time; where keys did
 * not come in their order the tables are merged in the end. So the finished folder has its tables in LevelDB's last level and no log, and
 * LevelDB has nothing to reorganise when it opens it.
 */
public final class LevelDbWriter extends FolderWriter {
    static final long MEMORY_BYTES = 32 << 20;
    private static final long TABLE_BYTES = 32 << 20;
    private static final int RECORD_OVERHEAD = 100;

    private final Path files;
    private final FileNames names;
    private final long memoryBytes;
    private final TreeMap<byte[], Entry> memory = new TreeMap<>(Arrays::compareUnsigned);
    private final List<List<TableInfo>> runs = new ArrayList<>();
    private long gathered;
    private long sequence;
    private long nextFile = 1;

    private record Entry(byte[] key, byte[] value) {
    }

    private LevelDbWriter(Path path, AtomicFolder folder, long memoryBytes) {
        super("LevelDB", path, folder);
        this.files = folder.path();
        this.names = new FileNames(files);
        this.memoryBytes = memoryBytes;
    }

    /** Begins a new database. @throws IOException if there is something already or it cannot be made */
    public static LevelDbWriter create(Path path) throws IOException {
        return create(path, MEMORY_BYTES);
    }

    static LevelDbWriter create(Path path, long memoryBytes) throws IOException {
        return new LevelDbWriter(path, AtomicFolder.create(path), memoryBytes);
    }

    @Override
    public void put(byte[] key, byte[] value) {
        checkOpen();
        byte[] user = key.clone();
        memory.put(user, new Entry(InternalKey.of(user, InternalKey.tag(++sequence, InternalKey.VALUE)), value.clone()));
        gathered += user.length + value.length + RECORD_OVERHEAD;
        if (gathered >= memoryBytes) {
            try {
                writeRun();
            } catch (IOException e) {
                throw failure(e);
            }
        }
    }

    private void writeRun() throws IOException {
        try (Tables tables = new Tables()) {
            for (Entry entry : memory.values()) {
                tables.add(entry.key, entry.value);
            }
            runs.add(tables.finish());
        }
        memory.clear();
        gathered = 0;
    }

    /** Tables of one run, a new one whenever one is large enough. */
    private final class Tables implements AutoCloseable {
        private final List<TableInfo> written = new ArrayList<>();
        private TableWriter table;

        void add(byte[] key, byte[] value) throws IOException {
            if (table == null) {
                table = new TableWriter(names.newTable(nextFile), nextFile);
                nextFile++;
            }
            table.add(key, value);
            if (table.size() >= TABLE_BYTES) {
                endTable();
            }
        }

        private void endTable() throws IOException {
            written.add(table.finish());
            table = null;
        }

        List<TableInfo> finish() throws IOException {
            if (table != null) {
                endTable();
            }
            return written;
        }

        @Override
        public void close() throws IOException {
            if (table != null) {
                table.close();
            }
        }
    }

    @Override
    protected void writeRest() throws IOException {
        if (!memory.isEmpty()) {
            writeRun();
        }
        List<TableInfo> tables = inOrder() ? runs.stream().flatMap(List::stream).toList() : merge();
        String manifest = FileNames.manifest(nextFile);
        try (var out = Files.newOutputStream(files.resolve(manifest))) {
            new LogWriter(out).write(Manifest.of(tables, nextFile + 1, nextFile + 2, sequence));
        }
        Files.createFile(names.lock());
        Files.writeString(names.current(), manifest + "\n", StandardCharsets.US_ASCII);
    }

    @Override
    protected void closeFiles() {
        // Every table is closed where it was written.
    }

    private boolean inOrder() {
        for (int i = 1; i < runs.size(); i++) {
            List<TableInfo> before = runs.get(i - 1);
            if (InternalKey.compareUser(before.get(before.size() - 1).largest(), runs.get(i).get(0).smallest()) >= 0) {
                return false;
            }
        }
        return true;
    }

    private List<TableInfo> merge() throws IOException {
        List<Entries> parts = new ArrayList<>();
        runs.forEach(run -> parts.add(new LevelEntries(names, run)));
        try (Entries all = new LiveEntries(new MergedEntries(parts)); Tables merged = new Tables()) {
            for (all.first(); all.valid(); all.next()) {
                merged.add(all.key(), all.value());
            }
            List<TableInfo> tables = merged.finish();
            for (List<TableInfo> run : runs) {
                for (TableInfo table : run) {
                    Files.delete(names.table(table.number()));
                }
            }
            return tables;
        }
    }
}
