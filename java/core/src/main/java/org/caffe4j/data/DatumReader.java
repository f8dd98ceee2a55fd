package org.caffe4j.data;

import com.google.protobuf.UnsafeByteOperations;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.caffe4j.DataException;
import org.caffe4j.Rank;
import org.caffe4j.proto.Datum;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads the datums of a database in the order of their keys, again and again. One thread at a time; owns its cursor, not the database. */
public final class DatumReader implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DatumReader.class);

    private static final ByteBuffer NO_ROOM = ByteBuffer.allocateDirect(0);

    private final String source;
    private final Rank rank;
    private final Cursor cursor;
    private boolean started;

    /** Reads all records. @param source what messages call the database */
    public DatumReader(Database database, String source) {
        this(database, source, Rank.ALONE);
    }

    /**
     * Reads a share of the records: of record 0, 1, 2, …, counted on through every pass, those whose number is the rank's index modulo its
     * count.
     */
    public DatumReader(Database database, String source, Rank rank) {
        this.source = source;
        this.rank = rank;
        this.cursor = database.cursor();
    }

    /**
     * A record that was read.
     *
     * @param value a direct buffer; whoever gave room for it decides how long it stays
     */
    public record Item(String source, byte[] key, ByteBuffer value) {

        /** One of the ways to parse a value. */
        @FunctionalInterface
        private interface Parser<T> {
            T parse(ByteBuffer value) throws IOException;
        }

        /**
         * Its datum.
         *
         * @throws DataException if it is none; the message has the key
         */
        public Datum datum() {
            return parse(bytes -> Datum.parseFrom(UnsafeByteOperations.unsafeWrap(bytes)));
        }

        /** Its datum, whose bytes stay in the value; throws as {@link #datum} does. */
        public RawDatum raw() {
            return parse(RawDatum::parse);
        }

        private <T> T parse(Parser<T> parser) {
            try {
                return parser.parse(value);
            } catch (IOException e) {
                throw new DataException(where() + " is no Datum: its " + value.remaining() + " bytes do not parse (" + e.getMessage() + ")",
                    e);
            }
        }

        /** Names the record in messages. */
        public String where() {
            return "record '" + printable(key) + "' of " + source;
        }
    }

    /**
     * The next record; the first after the last.
     *
     * @param room as for {@link Cursor#value(ByteBuffer)}
     * @throws DataException if the database is empty or cannot be read
     */
    public Item next(ByteBuffer room) {
        for (int steps = started ? rank.count() : rank.index() + 1; steps > 0; steps--) {
            advance();
        }
        return item(room);
    }

    private Item item(ByteBuffer room) {
        return new Item(source, cursor.key(), cursor.value(room));
    }

    /**
     * The next record's datum; the first record's after the last.
     *
     * @throws DataException if the database is empty or the record is no datum; the message has its key
     */
    public Datum next() {
        return next(NO_ROOM).datum();
    }

    /** The next record's datum as {@link #next}, but null after the last. */
    public Datum nextOfPass() {
        return cursor.next() ? item(NO_ROOM).datum() : null;
    }

    private void advance() {
        if (started && cursor.next()) {
            return;
        }
        if (started && rank.isRoot()) {
            LOG.info("Restarting data prefetching from start.");
        }
        if (!cursor.first()) {
            throw new DataException("database " + source + " is empty");
        }
        started = true;
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
