package org.caffe4j.data.leveldb;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.caffe4j.DataException;

/**
 * A file of LevelDB's log format (logs and manifests), read only: blocks of 32 KiB of fragments, each with checksum, length and its place in
 * its record. Records are read one after another; bytes of a record that was read can be fetched again later ({@link #read}).
 *
 * <p>A record that breaks off with the file is what a killed writer leaves: it counts as not written. Other damage is an exception that
 * names the file and the byte. One thread at a time, but {@link #read} by any.
 */
final class LogFile implements AutoCloseable {
    static final int BLOCK = 32768;
    static final int HEADER = 7;
    static final int FULL = 1;
    static final int FIRST = 2;
    static final int MIDDLE = 3;
    static final int LAST = 4;

    private final ReadFile file;
    private final byte[] header = new byte[HEADER];
    private final byte[] fragment = new byte[BLOCK];
    private long position;
    private long fragmentStart;
    private int kind;
    private int length;
    private int used;

    LogFile(Path path) throws IOException {
        file = new ReadFile(path);
    }

    /** Part of a record: where the record begins in the file, the part's place within the record, its length. */
    record Part(long recordStart, long offset, int length) {
    }

    /** Takes a record apart. */
    @FunctionalInterface
    interface Reader {
        void read(LogRecord record) throws IOException;
    }

    /** The last record breaks off. */
    private static final class BrokenOff extends IOException {
        private static final long serialVersionUID = 1L;
    }

    /** A record being read: what is taken from it comes in order. */
    final class LogRecord {
        private final long start = fragmentStart;
        private long offset;

        boolean atEnd() throws IOException {
            while (used == length) {
                if (kind == FULL || kind == LAST) {
                    return true;
                }
                continueRecord();
            }
            return false;
        }

        byte[] take(int count) throws IOException {
            byte[] bytes = new byte[Math.min(count, BLOCK)];
            for (int done = 0; done < count;) {
                int now = available(count - done);
                if (done + now > bytes.length) {
                    bytes = Arrays.copyOf(bytes, (int) Math.min(count, Math.max(2L * bytes.length, done + now)));
                }
                System.arraycopy(fragment, used, bytes, done, now);
                done += now;
                advance(now);
            }
            return bytes;
        }

        /** Passes over bytes and says where they are. */
        Part skip(int count) throws IOException {
            Part part = new Part(start, offset, count);
            for (int done = 0; done < count;) {
                int now = available(count - done);
                done += now;
                advance(now);
            }
            return part;
        }

        int varint32() throws IOException {
            long value = 0;
            for (int shift = 0; shift < 35; shift += 7) {
                available(1);
                byte b = fragment[used];
                advance(1);
                value |= (long) (b & 0x7f) << shift;
                if (b >= 0 && value <= Integer.MAX_VALUE) {
                    return (int) value;
                }
            }
            throw damaged("a length is impossible");
        }

        /** All that is left of the record. */
        byte[] rest() throws IOException {
            Encoder all = new Encoder();
            while (!atEnd()) {
                all.write(fragment, used, length - used);
                advance(length - used);
            }
            return all.toByteArray();
        }

        DataException damaged(String what) {
            return LogFile.this.damaged(what);
        }

        private int available(int wanted) throws IOException {
            if (atEnd()) {
                throw damaged("a record is shorter than its contents say");
            }
            return Math.min(wanted, length - used);
        }

        private void advance(int count) {
            used += count;
            offset += count;
        }
    }

    /** Gives the next record to {@code reader}, which reads it whole; false at the end of the file or where the last record breaks off. */
    boolean next(Reader reader) throws IOException {
        try {
            if (!nextFragment()) {
                return false;
            }
            if (kind != FULL && kind != FIRST) {
                throw damaged("a record has no beginning");
            }
            reader.read(new LogRecord());
            return true;
        } catch (BrokenOff e) {
            return false;
        }
    }

    private void continueRecord() throws IOException {
        if (!nextFragment()) {
            throw new BrokenOff();
        }
        if (kind != MIDDLE && kind != LAST) {
            throw damaged("a record does not end");
        }
    }

    /** Reads and checks the next fragment; false at the end of the file. */
    private boolean nextFragment() throws IOException {
        while (true) {
            long blockEnd = (position / BLOCK + 1) * BLOCK;
            if (blockEnd - position < HEADER) {
                position = blockEnd;
                continue;
            }
            fragmentStart = position;
            if (position + HEADER > file.size()) {
                if (position < file.size()) {
                    throw new BrokenOff();
                }
                return false;
            }
            file.read(position, header, 0, HEADER);
            length = header[4] & 0xff | (header[5] & 0xff) << 8;
            kind = header[6];
            used = 0;
            if (kind == 0 && length == 0) { // space that was allocated and never written
                position = blockEnd;
                continue;
            }
            long end = position + HEADER + length;
            if (end > Math.min(blockEnd, file.size())) {
                if (blockEnd > file.size()) {
                    throw new BrokenOff();
                }
                throw damaged("a fragment is longer than its block");
            }
            if (kind < FULL || kind > LAST) {
                throw damaged("no fragment of a log");
            }
            file.read(position + HEADER, fragment, 0, length);
            if (Checksum.of((byte) kind, fragment, 0, length) != LittleEndian.getInt(header, 0)) {
                throw damaged("wrong checksum");
            }
            position = end;
            return true;
        }
    }

    private DataException damaged(String what) {
        return new DataException("LevelDB log " + file.path() + " is damaged at byte " + fragmentStart + ": " + what);
    }

    /** The bytes of a part of a record that was read before. */
    byte[] read(Part part) throws IOException {
        long roomInFirst = BLOCK - part.recordStart % BLOCK - HEADER;
        long at = part.recordStart + HEADER + part.offset;
        if (part.offset >= roomInFirst) {
            long later = part.offset - roomInFirst;
            at = (part.recordStart / BLOCK + 1 + later / (BLOCK - HEADER)) * BLOCK + HEADER + later % (BLOCK - HEADER);
        }
        byte[] bytes = new byte[part.length];
        for (int done = 0; done < bytes.length;) {
            int now = (int) Math.min(bytes.length - done, BLOCK - at % BLOCK);
            file.read(at, bytes, done, now);
            done += now;
            at += now + HEADER; // where the block goes on beyond this part the loop has ended
        }
        return bytes;
    }

    @Override
    public void close() {
        file.close();
    }
}
