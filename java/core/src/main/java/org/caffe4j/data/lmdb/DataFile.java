package org.caffe4j.data.lmdb;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.caffe4j.DataException;

/**
 * A {@code data.mdb}, mapped into memory and read page by page; whatever stands in it, nothing beyond it is read. One thread at a time.
 *
 * <p>The first two pages are the heads of the two newest transactions. The tree of the newest one stays untouched until the next one is
 * complete, so a reader needs no lock if it asks {@link #newest} after reading and starts again where that has changed.
 */
final class DataFile implements AutoCloseable {
    private static final int MAGIC = 0xbeefc0de;
    private static final int VERSION = 1;
    private static final int PAGE_HEAD = 16;
    private static final int HEAD_BYTES = 152;
    private static final int SMALLEST_PAGE = 256;
    private static final int LARGEST_PAGE = 1 << 16;
    private static final int PLAIN_TREE = 0;
    private static final int LARGEST_DEPTH = 32;
    /** The file is mapped in pieces that begin this far apart and are twice as long, so that every value lies within one. */
    private static final long STEP = 1L << 30;

    private final Path path;
    private final FileChannel file;
    private final Map<Long, ByteBuffer> pieces = new HashMap<>();
    private final int pageSize;
    private long size;

    /**
     * The state that a transaction left.
     *
     * @param entries number of records
     * @param root page at the top of the tree, {@link #NO_PAGE} for an empty one
     * @param depth pages from the top to a record
     * @param pages number of pages that are in use or were
     */
    record Head(long transaction, long entries, long root, int depth, long pages) {
        static final long NO_PAGE = -1;
    }

    /** @throws DataException if it is no LMDB @throws IOException if it cannot be read */
    DataFile(Path path) throws IOException {
        this.path = path;
        this.file = FileChannel.open(path);
        boolean whole = false;
        try {
            size = file.size();
            if (size < PAGE_HEAD + HEAD_BYTES) {
                throw damaged("it has only " + size + " bytes");
            }
            // The size of a page stands in its first head, where there is no head yet to believe.
            ByteBuffer first = piece(0);
            int page = first.getInt(PAGE_HEAD + 24);
            if (first.getInt(PAGE_HEAD) != MAGIC) {
                throw damaged("it does not begin as an LMDB");
            }
            if (first.getInt(PAGE_HEAD + 4) != VERSION) {
                throw new DataException(path + " has version " + first.getInt(PAGE_HEAD + 4) + " of LMDB's format; version " + VERSION
                    + " is known");
            }
            if (Integer.bitCount(page) != 1 || page < SMALLEST_PAGE || page > LARGEST_PAGE || 2L * page > size) {
                throw damaged("pages of " + page + " bytes are impossible");
            }
            pageSize = page;
            whole = true;
        } finally {
            if (!whole) {
                file.close();
            }
        }
    }

    DataException damaged(String what) {
        return new DataException("LMDB file " + path + " is damaged: " + what);
    }

    int pageSize() {
        return pageSize;
    }

    /** The head of the newest transaction. */
    Head newest() {
        Head one = head(0);
        Head two = head(1);
        if (one == null && two == null) {
            throw damaged("neither of its two heads is intact");
        }
        return two == null || one != null && one.transaction >= two.transaction ? one : two;
    }

    /** The head on a page, or null if it is none. */
    private Head head(int page) {
        ByteBuffer bytes = piece(0);
        int at = page * pageSize + PAGE_HEAD;
        if (bytes.getInt(at) != MAGIC || bytes.getInt(at + 4) != VERSION || bytes.getInt(at + 24) != pageSize) {
            return null;
        }
        int tree = at + 72;
        int flags = bytes.getShort(tree + 4);
        if (flags != PLAIN_TREE) {
            throw new DataException("LMDB file " + path + " is not one of Caffe's: its keys have flags " + flags
                + " (several values a key, numbers as keys or a reverse order)");
        }
        Head head = new Head(bytes.getLong(at + 128), bytes.getLong(tree + 32), bytes.getLong(tree + 40), bytes.getShort(tree + 6),
            bytes.getLong(at + 120) + 1);
        boolean possible = head.pages >= 2 && head.entries >= 0 && head.depth >= 0 && head.depth <= LARGEST_DEPTH
            && (head.root == Head.NO_PAGE ? head.entries == 0 : head.depth > 0);
        return possible ? head : null;
    }

    /** @throws DataException if the file ends before the pages that a head counts */
    void requireWhole(Head head) throws IOException {
        size = file.size();
        pieces.clear();
        if (head.pages > size / pageSize) {
            throw new DataException("LMDB file " + path + " is truncated: it has " + size + " bytes but its last page ends at "
                + head.pages + " · " + pageSize + "; copy it again");
        }
    }

    /**
     * Bytes of one or more pages that follow one another, the first at index 0.
     *
     * @param length in bytes
     */
    ByteBuffer pages(long number, long length) {
        long at = number * pageSize;
        if (number < 0 || number > size / pageSize || length > STEP || at + length > size) {
            throw damaged("page " + Long.toUnsignedString(number) + " of " + length + " bytes lies behind its end");
        }
        long piece = at / STEP;
        int offset = (int) (at - piece * STEP);
        return piece(piece).slice(offset, (int) length).order(ByteOrder.LITTLE_ENDIAN);
    }

    private ByteBuffer piece(long number) {
        return pieces.computeIfAbsent(number, index -> {
            try {
                long from = index * STEP;
                return file.map(FileChannel.MapMode.READ_ONLY, from, Math.min(2 * STEP - 1, size - from)).order(ByteOrder.LITTLE_ENDIAN);
            } catch (IOException e) {
                throw new DataException("cannot read LMDB file " + path + ": " + e, e);
            }
        });
    }

    /** What the system says when a mapped file cannot be read any more. */
    DataException unreadable(InternalError cause) {
        return new DataException("cannot read LMDB file " + path + ": it became shorter, or its disk or network file system failed", cause);
    }

    @Override
    public void close() throws IOException {
        pieces.clear();
        file.close();
    }
}
