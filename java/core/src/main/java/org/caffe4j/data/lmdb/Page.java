package org.caffe4j.data.lmdb;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * A page of the tree: a head, the places of its nodes in the order of their keys, and the nodes. A node of a branch has the number of the
 * page below, one of a leaf a value or the number of the pages that hold it.
 */
final class Page {
    private static final int HEAD = 16;
    private static final int NODE_HEAD = 8;
    private static final int BRANCH = 1;
    private static final int LEAF = 2;
    private static final int OVERFLOW = 4;
    private static final int KIND = BRANCH | LEAF | OVERFLOW | 0x08 | 0x20 | 0x40;
    private static final int OWN_PAGES = 1;

    private final DataFile file;
    private final long number;
    private final ByteBuffer bytes;
    private final boolean leaf;
    private final int nodes;

    /** @throws org.caffe4j.DataException if the page is no branch or leaf */
    Page(DataFile file, long number) {
        this.file = file;
        this.number = number;
        bytes = file.pages(number, file.pageSize());
        int kind = unsigned(10) & KIND;
        int lower = unsigned(12);
        if (bytes.getLong(0) != number || kind != BRANCH && kind != LEAF || lower < HEAD || lower > file.pageSize()
            || unsigned(14) < lower || unsigned(14) > file.pageSize()) {
            throw file.damaged("page " + number + " is none of its tree");
        }
        leaf = kind == LEAF;
        nodes = (lower - HEAD) / Short.BYTES;
        if (nodes == 0) {
            throw file.damaged("page " + number + " is empty");
        }
    }

    private int unsigned(int at) {
        return Short.toUnsignedInt(bytes.getShort(at));
    }

    boolean isLeaf() {
        return leaf;
    }

    int nodes() {
        return nodes;
    }

    private int node(int index) {
        int at = unsigned(HEAD + index * Short.BYTES);
        if (at < HEAD + nodes * Short.BYTES || at + NODE_HEAD > bytes.limit() || at + NODE_HEAD + unsigned(at + 6) > bytes.limit()) {
            throw file.damaged("node " + index + " of page " + number + " lies outside it");
        }
        return at;
    }

    byte[] key(int index) {
        int at = node(index);
        byte[] key = new byte[unsigned(at + 6)];
        bytes.get(at + NODE_HEAD, key);
        return key;
    }

    /** The page below a node of a branch. */
    long below(int index) {
        int at = node(index);
        return Integer.toUnsignedLong(bytes.getInt(at)) | (long) unsigned(at + 4) << 32;
    }

    /** Of a branch, the node below which a key would be; of a leaf, the first node whose key is not before it, or the number of nodes. */
    int find(byte[] key) {
        int low = leaf ? 0 : 1; // the first key of a branch stands for all that are before the second
        int high = nodes;
        while (low < high) {
            int middle = (low + high) >>> 1;
            int order = Arrays.compareUnsigned(key(middle), key);
            if (order < 0 || order == 0 && !leaf) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return leaf ? low : low - 1;
    }

    /** The value of a node of a leaf, where it lies in the file. */
    ByteBuffer value(int index) {
        int at = node(index);
        int flags = unsigned(at + 4);
        long length = Integer.toUnsignedLong(bytes.getInt(at));
        int data = at + NODE_HEAD + unsigned(at + 6);
        if ((flags & ~OWN_PAGES) != 0) {
            throw file.damaged("node " + index + " of page " + number + " is no plain record (flags " + flags + ")");
        }
        if (flags == 0) {
            return part(bytes, data, length);
        }
        if (data + Long.BYTES > bytes.limit()) {
            throw file.damaged("node " + index + " of page " + number + " reaches outside it");
        }
        long own = bytes.getLong(data);
        ByteBuffer pages = file.pages(own, HEAD + length);
        if (pages.getLong(0) != own || (pages.getShort(10) & KIND) != OVERFLOW
            || Integer.toUnsignedLong(pages.getInt(12)) * file.pageSize() < HEAD + length) {
            throw file.damaged("page " + own + " does not hold the value of node " + index + " of page " + number);
        }
        return part(pages, HEAD, length);
    }

    private ByteBuffer part(ByteBuffer from, int at, long length) {
        if (at + length > from.limit()) {
            throw file.damaged("a value of page " + number + " reaches outside it");
        }
        return from.slice(at, (int) length);
    }
}
