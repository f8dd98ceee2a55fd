package org.caffe4j.data.leveldb;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes a table, see {@link TableFile}, with blocks of the size that Caffe asks of LevelDB, compressed where that gains an eighth. */
final class TableWriter implements AutoCloseable {
    private static final int BLOCK_BYTES = 64 << 10;
    private static final int RESTART_INTERVAL = 16;

    private final long number;
    private final OutputStream out;
    private final BlockBuilder data = new BlockBuilder(RESTART_INTERVAL);
    private final BlockBuilder index = new BlockBuilder(1);
    private long position;
    private byte[] smallest;
    private byte[] largest;

    TableWriter(Path path, long number) throws IOException {
        this.number = number;
        this.out = new BufferedOutputStream(Files.newOutputStream(path), 1 << 16);
    }

    /** Adds an entry, which must come behind all before. */
    void add(byte[] key, byte[] value) throws IOException {
        data.add(key, value);
        if (smallest == null) {
            smallest = key;
        }
        largest = key;
        if (data.size() >= BLOCK_BYTES) {
            endBlock();
        }
    }

    long size() {
        return position + data.size();
    }

    private void endBlock() throws IOException {
        Encoder handle = new Encoder();
        write(data).write(handle);
        index.add(largest, handle.toByteArray());
    }

    private TableFile.Handle write(BlockBuilder block) throws IOException {
        byte[] bytes = block.finish();
        byte[] compressed = Snappy.compress(bytes);
        boolean gains = compressed.length < bytes.length - bytes.length / 8;
        byte[] written = gains ? compressed : bytes;
        Encoder trailer = new Encoder();
        trailer.write(gains ? TableFile.SNAPPY : TableFile.PLAIN);
        trailer.fixed32(Checksum.of(written, (byte) (gains ? TableFile.SNAPPY : TableFile.PLAIN)));
        TableFile.Handle handle = new TableFile.Handle(position, written.length);
        out.write(written);
        out.write(trailer.toByteArray());
        position += written.length + TableFile.TRAILER;
        return handle;
    }

    /** Writes what is left, at least one entry having been added. */
    TableInfo finish() throws IOException {
        if (!data.isEmpty()) {
            endBlock();
        }
        Encoder footer = new Encoder();
        write(new BlockBuilder(RESTART_INTERVAL)).write(footer);
        write(index).write(footer);
        footer.put(new byte[TableFile.FOOTER - Long.BYTES - footer.size()]).fixed64(TableFile.MAGIC);
        out.write(footer.toByteArray());
        position += TableFile.FOOTER;
        out.close();
        return new TableInfo(number, position, smallest, largest);
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
