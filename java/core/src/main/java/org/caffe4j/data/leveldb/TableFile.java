package org.caffe4j.data.leveldb;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.caffe4j.DataException;

/**
 * A table of sorted entries, read only: data blocks, an index block with the place of each under its last key or one behind it, a footer.
 * The checksum of every block is compared. Belongs to one {@link Entries}.
 */
final class TableFile implements AutoCloseable {
    static final int FOOTER = 48;
    static final int TRAILER = 5;
    static final long MAGIC = 0xdb4775248b80fb57L;
    static final int PLAIN = 0;
    static final int SNAPPY = 1;

    private final ReadFile file;
    private final Block index;

    /** The place of a block in the file; its trailer (kind of compression, checksum) follows. */
    record Handle(long offset, long size) {
        static Handle read(Decoder in) {
            return new Handle(in.varint64(), in.varint64());
        }

        void write(Encoder out) {
            out.varint(offset).varint(size);
        }
    }

    /** @throws DataException naming the file, if it is no intact table */
    TableFile(Path path) throws IOException {
        file = new ReadFile(path);
        boolean whole = false;
        try {
            if (file.size() < FOOTER) {
                throw new DataException("LevelDB table " + path + " is damaged: it has only " + file.size() + " bytes");
            }
            byte[] footer = new byte[FOOTER];
            file.read(file.size() - FOOTER, footer, 0, FOOTER);
            if (LittleEndian.getLong(footer, FOOTER - Long.BYTES) != MAGIC) {
                throw new DataException("LevelDB table " + path + " is damaged: it does not end as a table, perhaps it was cut short");
            }
            Decoder in = new Decoder(footer, "LevelDB table " + path);
            Handle.read(in); // of the block of meta data, of which Caffe's databases have none
            index = block(Handle.read(in));
            whole = true;
        } finally {
            if (!whole) {
                file.close();
            }
        }
    }

    private Block block(Handle handle) throws IOException {
        String where = "LevelDB table " + file.path() + " (block at byte " + handle.offset() + ")";
        long end = file.size() - FOOTER - TRAILER;
        if (handle.offset() < 0 || handle.size() < 0 || handle.size() > Integer.MAX_VALUE - 16 || handle.offset() > end - handle.size()) {
            throw new DataException(where + " is damaged: a block lies outside the file");
        }
        int size = (int) handle.size();
        byte[] bytes = new byte[size + TRAILER];
        file.read(handle.offset(), bytes, 0, bytes.length);
        if (Checksum.of(bytes, 0, size + 1) != LittleEndian.getInt(bytes, size + 1)) {
            throw new DataException(where + " is damaged: wrong checksum");
        }
        return switch (bytes[size]) {
            case PLAIN -> new Block(Arrays.copyOf(bytes, size), where);
            case SNAPPY -> new Block(Snappy.decompress(bytes, size, where), where);
            default -> throw new DataException(where + " is compressed by method " + bytes[size] + ", which is not known; LevelDB writes"
                + " blocks that are plain or compressed with Snappy unless told otherwise");
        };
    }

    Entries entries() {
        return new TableEntries();
    }

    @Override
    public void close() {
        file.close();
    }

    private final class TableEntries extends CompositeEntries {
        private final Entries blocks = index.entries();

        @Override
        public void first() {
            blocks.first();
            enter();
            settle();
        }

        @Override
        public void seek(byte[] user) {
            blocks.seek(user);
            current = blocks.valid() ? data() : null;
            if (current != null) {
                current.seek(user);
            }
            settle();
        }

        private void enter() {
            current = blocks.valid() ? data() : null;
            if (current != null) {
                current.first();
            }
        }

        /** Where a block is at its end, the next one that has entries. */
        @Override
        void settle() {
            while (current != null && !current.valid()) {
                blocks.next();
                enter();
            }
        }

        private Entries data() {
            byte[] handle = blocks.value();
            try {
                return block(Handle.read(new Decoder(handle, "LevelDB table " + file.path()))).entries();
            } catch (IOException e) {
                throw new DataException("cannot read LevelDB table " + file.path() + ": " + e, e);
            }
        }

        @Override
        public void close() {
            TableFile.this.close();
        }
    }
}
