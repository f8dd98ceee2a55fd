package org.caffe4j.data.leveldb;

import java.io.ByteArrayOutputStream;

/** Writes the numbers and byte strings of LevelDB's formats; {@link Decoder} reads them. */
final class Encoder extends ByteArrayOutputStream {

    Encoder varint(long value) {
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            write((int) (rest & 0x7f | 0x80));
            rest >>>= 7;
        }
        write((int) rest);
        return this;
    }

    Encoder fixed32(int value) {
        for (int shift = 0; shift < 32; shift += 8) {
            write(value >>> shift);
        }
        return this;
    }

    Encoder fixed64(long value) {
        return fixed32((int) value).fixed32((int) (value >>> 32));
    }

    Encoder put(byte[] bytes) {
        writeBytes(bytes);
        return this;
    }

    /** A length and the bytes. */
    Encoder string(byte[] bytes) {
        return varint(bytes.length).put(bytes);
    }
}
