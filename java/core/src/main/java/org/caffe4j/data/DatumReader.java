package org.caffe4j.data;

import com.google.protobuf.InvalidProtocolBufferException;
import java.nio.charset.StandardCharsets;
import org.caffe4j.DataException;
import org.caffe4j.proto.Datum;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads the datums of a database in the order of their keys, again and again. One thread at a time; owns its cursor, not the database. */
public final class DatumReader implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DatumReader.class);

    private final String source;
    private final Cursor cursor;
    private boolean started;

    /** @param source what messages call the database */
    public DatumReader(Database database, String source) {
        this.source = source;
        this.cursor = database.cursor();
    }

    /**
     * The next record's datum; the first record's after the last.
     *
     * @throws DataException if the database is empty or the record is no datum; the message has its key
     */
    public Datum next() {
        skip();
        return parse();
    }

    /** The next record's datum as {@link #next}, but null after the last. */
    public Datum nextOfPass() {
        return cursor.next() ? parse() : null;
    }

    private Datum parse() {
        byte[] value = cursor.value();
        try {
            return Datum.parseFrom(value);
        } catch (InvalidProtocolBufferException e) {
            throw new DataException(where() + " is no Datum: its " + value.length + " bytes do not parse (" + e.getMessage() + ")", e);
        }
    }

    /** Goes on by one record, as {@link #next}, without reading its datum. */
    public void skip() {
        if (!started || !cursor.next()) {
            if (started) {
                LOG.info("Restarting data prefetching from start.");
            }
            if (!cursor.first()) {
                throw new DataException("database " + source + " is empty");
            }
            started = true;
        }
    }

    /** Starts over: the next record is the first. */
    public void restart() {
        started = false;
    }

    /** The key of the record read last, null before the first. */
    public byte[] position() {
        return started ? cursor.key() : null;
    }

    /** Goes on behind the record of that key; null starts over. @throws DataException if there is no such record */
    public void seek(byte[] key) {
        started = key != null;
        if (started && !cursor.seek(key)) {
            started = false;
            throw new DataException(source + " has no record '" + printable(key) + "' any more");
        }
    }

    /** Names the current record in messages. */
    public String where() {
        return "record '" + printable(cursor.key()) + "' of " + source;
    }

    private static String printable(byte[] key) {
        StringBuilder text = new StringBuilder();
        for (char c : new String(key, StandardCharsets.UTF_8).toCharArray()) {
            text.append(Character.isISOControl(c) || c == '\ufffd' ? '?' : c);
        }
        return text.toString();
    }

    @Override
    public void close() {
        cursor.close();
    }
}
