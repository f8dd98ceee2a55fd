package org.caffe4j.data.leveldb;

import java.util.Arrays;
import org.caffe4j.DataException;

/** Reads the numbers and byte strings of LevelDB's formats from an array, never beyond its part of it. */
final class Decoder {
    private final byte[] bytes;
    private final int end;
    private final String where;
    private int position;

    /** @param where what messages call the array */
    Decoder(byte[] bytes, int from, int to, String where) {
        this.bytes = bytes;
        this.position = from;
        this.end = to;
        this.where = where;
    }

    Decoder(byte[] bytes, String where) {
        this(bytes, 0, bytes.length, where);
    }

    int position() {
        return position;
    }

    int remaining() {
        return end - position;
    }

    DataException damaged(String what) {
        return new DataException(where + " is damaged: " + what);
    }

    /** A number of 64 bits, seven a byte, the lowest first; the top bit says that more follow. */
    long varint64() {
        long value = 0;
        for (int shift = 0; shift < 64 && position < end; shift += 7) {
            byte b = bytes[position++];
            value |= (long) (b & 0x7f) << shift;
            if (b >= 0) {
                return value;
            }
        }
        throw damaged("a number does not end");
    }

    /** A number that must be at least 0 and fit an int. */
    int varint32() {
        long value = varint64();
        if (value < 0 || value > Integer.MAX_VALUE) {
            throw damaged("the length " + Long.toUnsignedString(value) + " is impossible");
        }
        return (int) value;
    }

    int fixed32() {
        skip(Integer.BYTES);
        return LittleEndian.getInt(bytes, position - Integer.BYTES);
    }

    long fixed64() {
        skip(Long.BYTES);
        return LittleEndian.getLong(bytes, position - Long.BYTES);
    }

    /** A length and as many bytes. */
    byte[] bytes() {
        int length = varint32();
        skip(length);
        return Arrays.copyOfRange(bytes, position - length, position);
    }

    void skip(int length) {
        if (length > remaining()) {
            throw damaged("it ends too early, " + length + " bytes are needed and " + remaining() + " are left");
        }
        position += length;
    }
}
