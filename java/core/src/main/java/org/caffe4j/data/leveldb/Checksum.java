package org.caffe4j.data.leveldb;

import java.util.zip.CRC32C;

/** LevelDB's checksum: CRC-32C, turned and moved, so that a checksum of bytes that contain checksums is none of theirs. */
final class Checksum {
    private static final int DELTA = 0xa282ead8;

    private Checksum() {
    }

    static int of(byte[] bytes, int from, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, from, length);
        return mask(crc);
    }

    /** Of a byte and the bytes after it. */
    static int of(byte first, byte[] bytes, int from, int length) {
        CRC32C crc = new CRC32C();
        crc.update(first);
        crc.update(bytes, from, length);
        return mask(crc);
    }

    /** Of bytes and one byte after them. */
    static int of(byte[] bytes, byte last) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, bytes.length);
        crc.update(last);
        return mask(crc);
    }

    private static int mask(CRC32C crc) {
        int value = (int) crc.getValue();
        return (value >>> 15 | value << 17) + DELTA;
    }
}
