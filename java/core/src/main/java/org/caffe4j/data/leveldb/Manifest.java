package org.caffe4j.data.leveldb;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.caffe4j.DataException;

/**
 * What a LevelDB folder consists of: the tables of each level, and the number from which on logs count. A manifest is a log of changes to
 * this; {@code CURRENT} names it.
 */
final class Manifest {
    static final int LEVELS = 7;
    private static final String COMPARATOR = "leveldb.BytewiseComparator";
    private static final int COMPARATOR_TAG = 1;
    private static final int LOG_NUMBER = 2;
    private static final int NEXT_FILE = 3;
    private static final int LAST_SEQUENCE = 4;
    private static final int COMPACT_POINTER = 5;
    private static final int DELETED_FILE = 6;
    private static final int NEW_FILE = 7;
    private static final int PREVIOUS_LOG = 9;

    private final List<Map<Long, TableInfo>> levels = new ArrayList<>();
    private long logNumber;
    private long previousLog;

    private Manifest() {
        for (int i = 0; i < LEVELS; i++) {
            levels.add(new TreeMap<>());
        }
    }

    /** @throws DataException if it is damaged @throws IOException if there is none or it cannot be read */
    static Manifest read(FileNames names) throws IOException {
        String current = Files.readString(names.current(), StandardCharsets.ISO_8859_1);
        if (!current.matches("MANIFEST-\\d+\n")) {
            throw new DataException(names.current() + " is damaged: it does not name a manifest");
        }
        Path path = names.folder().resolve(current.strip());
        if (!Files.exists(path)) {
            throw new NoSuchFileException(path.toString(), null, "CURRENT names it, but it is not there; copy the whole folder again");
        }
        Manifest manifest = new Manifest();
        try (LogFile log = new LogFile(path)) {
            boolean more = true;
            while (more) {
                more = log.next(record -> manifest.apply(new Decoder(record.rest(), "LevelDB manifest " + path)));
            }
        }
        return manifest;
    }

    private void apply(Decoder in) {
        while (in.remaining() > 0) {
            int tag = in.varint32();
            switch (tag) {
                case COMPARATOR_TAG -> {
                    String name = new String(in.bytes(), StandardCharsets.UTF_8);
                    if (!name.equals(COMPARATOR)) {
                        throw in.damaged("keys are ordered by \"" + name + "\", which only the program that wrote it knows");
                    }
                }
                case LOG_NUMBER -> logNumber = in.varint64();
                case PREVIOUS_LOG -> previousLog = in.varint64();
                case NEXT_FILE, LAST_SEQUENCE -> in.varint64();
                case COMPACT_POINTER -> {
                    in.varint32();
                    in.bytes();
                }
                case DELETED_FILE -> level(in).remove(in.varint64());
                case NEW_FILE -> {
                    Map<Long, TableInfo> level = level(in);
                    TableInfo table = new TableInfo(in.varint64(), in.varint64(), key(in), key(in));
                    level.put(table.number(), table);
                }
                default -> throw in.damaged("it has a field " + tag + ", which is not known");
            }
        }
    }

    private Map<Long, TableInfo> level(Decoder in) {
        int level = in.varint32();
        if (level >= LEVELS) {
            throw in.damaged("there is no level " + level);
        }
        return levels.get(level);
    }

    private static byte[] key(Decoder in) {
        byte[] key = in.bytes();
        if (key.length < InternalKey.TAG_BYTES) {
            throw in.damaged("a key is too short");
        }
        return key;
    }

    /** Groups of tables; within a group the tables do not overlap and are in the order of their keys. */
    List<List<TableInfo>> runs() {
        List<List<TableInfo>> runs = new ArrayList<>();
        levels.get(0).values().forEach(table -> runs.add(List.of(table)));
        for (Map<Long, TableInfo> level : levels.subList(1, LEVELS)) {
            if (!level.isEmpty()) {
                runs.add(level.values().stream().sorted(Comparator.comparing(TableInfo::smallest, InternalKey::compare)).toList());
            }
        }
        return runs;
    }

    /** Whether a log holds records that are in no table yet. */
    boolean isLive(long log) {
        return log >= logNumber || log == previousLog && log != 0;
    }

    /** A manifest's only record: tables without overlap in the last level, where LevelDB never needs to reorganise them. */
    static byte[] of(List<TableInfo> tables, long logNumber, long nextFile, long lastSequence) {
        Encoder out = new Encoder().varint(COMPARATOR_TAG).string(COMPARATOR.getBytes(StandardCharsets.UTF_8))
            .varint(LOG_NUMBER).varint(logNumber).varint(NEXT_FILE).varint(nextFile).varint(LAST_SEQUENCE).varint(lastSequence);
        for (TableInfo table : tables) {
            out.varint(NEW_FILE).varint(LEVELS - 1).varint(table.number()).varint(table.size()).string(table.smallest()).string(table.largest());
        }
        return out.toByteArray();
    }
}
