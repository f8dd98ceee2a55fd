package org.caffe4j.data.leveldb;

import java.io.IOException;
import java.io.OutputStream;

/** Writes records in LevelDB's log format, see {@link LogFile}, from the start of a file on. */
final class LogWriter {
    private final OutputStream out;
    private long position;

    LogWriter(OutputStream out) {
        this.out = out;
    }

    void write(byte[] bytes) throws IOException {
        int done = 0;
        boolean first = true;
        do {
            int room = LogFile.BLOCK - (int) (position % LogFile.BLOCK);
            if (room < LogFile.HEADER) {
                out.write(new byte[room]);
                position += room;
                room = LogFile.BLOCK;
            }
            int now = Math.min(bytes.length - done, room - LogFile.HEADER);
            boolean last = done + now == bytes.length;
            int kind = first ? last ? LogFile.FULL : LogFile.FIRST : last ? LogFile.LAST : LogFile.MIDDLE;
            Encoder header = new Encoder().fixed32(Checksum.of((byte) kind, bytes, done, now));
            header.write(now);
            header.write(now >>> 8);
            header.write(kind);
            out.write(header.toByteArray());
            out.write(bytes, done, now);
            position += LogFile.HEADER + now;
            done += now;
            first = false;
        } while (done < bytes.length);
    }
}
