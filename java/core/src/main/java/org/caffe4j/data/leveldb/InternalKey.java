package org.caffe4j.data.leveldb;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A key as it stands in LevelDB's files: the user's key and a tag, (sequence number · 256 + kind), in eight bytes, the lowest first.
 * Sorted by the user's key (bytes, unsigned), of one key the newest first.
 */
final class InternalKey {
    static final int TAG_BYTES = 8;
    static final int DELETION = 0;
    static final int VALUE = 1;

    private InternalKey() {
    }

    static long tag(long sequence, int kind) {
        return sequence << 8 | kind;
    }

    static byte[] of(byte[] user, long tag) {
        return ByteBuffer.allocate(user.length + TAG_BYTES).order(ByteOrder.LITTLE_ENDIAN).put(user).putLong(tag).array();
    }

    static byte[] user(byte[] key) {
        return Arrays.copyOf(key, key.length - TAG_BYTES);
    }

    static boolean isDeletion(byte[] key) {
        return key[key.length - TAG_BYTES] == DELETION;
    }

    static int compare(byte[] a, byte[] b) {
        int order = compareUser(a, b);
        return order != 0 ? order : Long.compareUnsigned(tag(b), tag(a));
    }

    static int compareUser(byte[] a, byte[] b) {
        return Arrays.compareUnsigned(a, 0, a.length - TAG_BYTES, b, 0, b.length - TAG_BYTES);
    }

    /** Compares the user's part of an internal key with a user's key. */
    static int compareToUser(byte[] key, byte[] user) {
        return Arrays.compareUnsigned(key, 0, key.length - TAG_BYTES, user, 0, user.length);
    }

    private static long tag(byte[] key) {
        return LittleEndian.getLong(key, key.length - TAG_BYTES);
    }
}
