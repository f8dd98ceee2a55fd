package org.caffe4j.data.leveldb;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A file that is read at any place. */
final class ReadFile implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ReadFile.class);

    private final Path path;
    private final FileChannel file;
    private final long size;

    ReadFile(Path path) throws IOException {
        this.path = path;
        this.file = FileChannel.open(path);
        this.size = file.size();
    }

    Path path() {
        return path;
    }

    long size() {
        return size;
    }

    /** Reads as many bytes as asked for. @throws EOFException if the file ends before */
    void read(long at, byte[] into, int offset, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(into, offset, length);
        long from = at;
        while (buffer.hasRemaining()) {
            int count = file.read(buffer, from);
            if (count < 0) {
                throw new EOFException(path + " ends at byte " + from);
            }
            from += count;
        }
    }

    @Override
    public void close() {
        try {
            file.close();
        } catch (IOException e) {
            LOG.debug("{} could not be closed", path, e);
        }
    }
}
