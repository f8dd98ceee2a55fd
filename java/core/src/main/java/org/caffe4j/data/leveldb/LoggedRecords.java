package org.caffe4j.data.leveldb;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.caffe4j.DataException;

/**
 * The records that are in no table yet but in logs. In memory are their keys only; values are read from the logs when they are asked for.
 * Any thread may use its entries, each its own.
 */
final class LoggedRecords implements AutoCloseable {
    private static final int BATCH_HEAD = 12;

    private record Place(byte[] key, LogFile log, LogFile.Part value) {
    }

    private final List<LogFile> logs = new ArrayList<>();
    private final TreeMap<byte[], Place> places = new TreeMap<>(Arrays::compareUnsigned);

    /** Reads a log; what it says of a key counts more than the logs read before. */
    void add(Path path) throws IOException {
        LogFile log = new LogFile(path);
        logs.add(log);
        boolean more = true;
        while (more) {
            List<Place> batch = new ArrayList<>();
            more = log.next(record -> read(record, log, batch));
            if (more) {
                batch.forEach(place -> places.put(InternalKey.user(place.key), place));
            }
        }
    }

    /** A batch of writes: the sequence number of the first, their number, and each one's kind, key and value. */
    private static void read(LogFile.LogRecord record, LogFile log, List<Place> batch) throws IOException {
        Decoder head = new Decoder(record.take(BATCH_HEAD), "LevelDB log");
        long sequence = head.fixed64();
        int count = head.fixed32();
        for (; !record.atEnd(); sequence++) {
            int kind = record.take(1)[0];
            if (kind != InternalKey.VALUE && kind != InternalKey.DELETION) {
                throw record.damaged("a write of kind " + kind + " is not known");
            }
            byte[] key = InternalKey.of(record.take(record.varint32()), InternalKey.tag(sequence, kind));
            batch.add(new Place(key, log, kind == InternalKey.VALUE ? record.skip(record.varint32()) : null));
        }
        if (batch.size() != count) {
            throw record.damaged("a batch has " + batch.size() + " writes instead of " + count);
        }
    }

    boolean isEmpty() {
        return places.isEmpty();
    }

    Entries entries() {
        return new LoggedEntries();
    }

    @Override
    public void close() {
        logs.forEach(LogFile::close);
    }

    private final class LoggedEntries implements Entries {
        private Map.Entry<byte[], Place> current;

        @Override
        public void first() {
            current = places.firstEntry();
        }

        @Override
        public void seek(byte[] user) {
            current = places.ceilingEntry(user);
        }

        @Override
        public void next() {
            current = places.higherEntry(current.getKey());
        }

        @Override
        public boolean valid() {
            return current != null;
        }

        @Override
        public byte[] key() {
            return current.getValue().key;
        }

        @Override
        public byte[] value() {
            Place place = current.getValue();
            try {
                return place.value == null ? new byte[0] : place.log.read(place.value);
            } catch (IOException e) {
                throw new DataException("cannot read LevelDB log: " + e, e);
            }
        }
    }
}
