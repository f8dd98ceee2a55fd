package org.caffe4j.data.leveldb;

import java.util.Arrays;

/**
 * The Snappy format (google/snappy, format_description.txt): the length, then literals and copies of what came before. {@link #decompress}
 * takes everything that the format allows; {@link #compress} finds repetitions through a hash table of four bytes each within blocks of
 * 64 KiB, as is usual.
 */
final class Snappy {
    private static final int BLOCK = 1 << 16;
    private static final int HASH_BITS = 14;
    private static final int LITERAL = 0;
    private static final int SHORT_COPY = 1;
    private static final int COPY = 2;
    private static final int LONGEST_COPY = 64;

    private Snappy() {
    }

    /** @throws org.caffe4j.DataException if the bytes are not in the format; {@code where} names them */
    static byte[] decompress(byte[] bytes, int length, String where) {
        Decoder in = new Decoder(bytes, 0, length, where);
        int size = in.varint32();
        // A copy of two bytes gives at most 64: a length beyond that is no length.
        if (size > 64L * length) {
            throw in.damaged("compressed data claims to have " + size + " bytes");
        }
        byte[] out = new byte[size];
        int at = 0;
        while (in.remaining() > 0) {
            int tag = bytes[in.position()] & 0xff;
            in.skip(1);
            int kind = tag & 3;
            int count;
            int offset = 0;
            if (kind == LITERAL) {
                count = literalLength(in, tag >>> 2, bytes);
                in.skip(count);
            } else if (kind == SHORT_COPY) {
                count = (tag >>> 2 & 7) + 4;
                offset = (tag & 0xe0) << 3 | little(in, bytes, 1);
            } else {
                count = (tag >>> 2) + 1;
                offset = little(in, bytes, kind == COPY ? 2 : 4);
            }
            if (count > size - at || kind != LITERAL && (offset <= 0 || offset > at)) {
                throw in.damaged("compressed data is inconsistent at byte " + in.position());
            }
            if (kind == LITERAL) {
                System.arraycopy(bytes, in.position() - count, out, at, count);
            } else {
                copy(out, at, offset, count);
            }
            at += count;
        }
        if (at != size) {
            throw in.damaged("compressed data holds " + at + " bytes instead of " + size);
        }
        return out;
    }

    private static int literalLength(Decoder in, int code, byte[] bytes) {
        int length = code < 60 ? code : little(in, bytes, code - 59);
        if (length < 0 || length == Integer.MAX_VALUE) {
            throw in.damaged("a literal is too long");
        }
        return length + 1;
    }

    private static int little(Decoder in, byte[] bytes, int count) {
        int from = in.position();
        in.skip(count);
        int value = 0;
        for (int i = count - 1; i >= 0; i--) {
            value = value << 8 | bytes[from + i] & 0xff;
        }
        return value;
    }

    /** Bytes may overlap: what was just written is read again. */
    private static void copy(byte[] out, int at, int offset, int count) {
        if (offset >= count) {
            System.arraycopy(out, at - offset, out, at, count);
        } else {
            for (int i = at; i < at + count; i++) {
                out[i] = out[i - offset];
            }
        }
    }

    static byte[] compress(byte[] bytes) {
        return new Compressor(bytes).compress();
    }

    private static final class Compressor {
        private final byte[] bytes;
        private final int[] table = new int[1 << HASH_BITS];
        private final byte[] out;
        private int size;

        Compressor(byte[] bytes) {
            this.bytes = bytes;
            byte[] length = new Encoder().varint(bytes.length).toByteArray();
            // The worst case: a literal of 60 bytes or more costs three bytes, and copies are never longer than what they replace.
            out = Arrays.copyOf(length, length.length + bytes.length + bytes.length / 20 + 16);
            size = length.length;
        }

        byte[] compress() {
            for (int from = 0; from < bytes.length; from += BLOCK) {
                compress(from, Math.min(bytes.length, from + BLOCK));
            }
            return Arrays.copyOf(out, size);
        }

        private void compress(int from, int to) {
            Arrays.fill(table, -1);
            int literal = from;
            int at = from;
            int misses = 0;
            while (at + Integer.BYTES <= to) {
                int word = LittleEndian.getInt(bytes, at);
                int slot = word * 0x1e35a7bd >>> 32 - HASH_BITS;
                int candidate = table[slot];
                table[slot] = at;
                if (candidate < 0 || LittleEndian.getInt(bytes, candidate) != word) {
                    at += 1 + (misses++ >> 5); // what does not compress is skipped faster and faster
                    continue;
                }
                misses = 0;
                int length = Integer.BYTES;
                while (at + length < to && bytes[candidate + length] == bytes[at + length]) {
                    length++;
                }
                putLiteral(literal, at);
                putCopies(at - candidate, length);
                at += length;
                literal = at;
            }
            putLiteral(literal, to);
        }

        private void putLiteral(int from, int to) {
            int last = to - from - 1;
            if (last < 0) {
                return;
            }
            if (last < 60) {
                put(last << 2 | LITERAL);
            } else {
                put((last < 256 ? 60 : 61) << 2 | LITERAL);
                put(last);
                if (last >= 256) {
                    put(last >>> 8);
                }
            }
            System.arraycopy(bytes, from, out, size, to - from);
            size += to - from;
        }

        private void putCopies(int offset, int length) {
            for (int rest = length; rest > 0;) {
                int count = Math.min(rest, LONGEST_COPY);
                put(count - 1 << 2 | COPY);
                put(offset);
                put(offset >>> 8);
                rest -= count;
            }
        }

        private void put(int value) {
            out[size++] = (byte) value;
        }
    }
}
