package org.caffe4j.data.leveldb;

import java.util.Arrays;

/**
 * A block of a table in memory: entries whose keys leave out what they share with the key before, except at restarts, whose places stand
 * at the end. Immutable; an {@link #entries} is for one thread.
 */
final class Block {
    private final byte[] bytes;
    private final int restarts;
    private final int restartsAt;
    private final String where;

    /** @throws org.caffe4j.DataException if the block has no list of restarts; {@code where} names it */
    Block(byte[] bytes, String where) {
        this.bytes = bytes;
        this.where = where;
        restarts = bytes.length < Integer.BYTES ? -1 : LittleEndian.getInt(bytes, bytes.length - Integer.BYTES);
        if (restarts < 0 || (restarts + 1L) * Integer.BYTES > bytes.length) {
            throw new Decoder(bytes, where).damaged("a block has no list of restarts");
        }
        restartsAt = bytes.length - (restarts + 1) * Integer.BYTES;
    }

    BlockEntries entries() {
        return new BlockEntries();
    }

    /** Entries of the block; keys are internal keys. */
    final class BlockEntries implements Entries {
        private byte[] key = {};
        private Decoder in;
        private int valueFrom;
        private int valueTo;
        private boolean valid;

        @Override
        public void first() {
            start(0);
        }

        @Override
        public void seek(byte[] user) {
            int low = 0;
            int high = restarts - 1;
            while (low < high) {
                int middle = (low + high + 1) >>> 1;
                start(middle);
                if (valid && InternalKey.compareToUser(key, user) < 0) {
                    low = middle;
                } else {
                    high = middle - 1;
                }
            }
            start(low);
            while (valid && InternalKey.compareToUser(key, user) < 0) {
                next();
            }
        }

        private void start(int restart) {
            int from = restarts == 0 ? restartsAt : LittleEndian.getInt(bytes, restartsAt + restart * Integer.BYTES);
            if (from < 0 || from > restartsAt) {
                throw new Decoder(bytes, where).damaged("a restart lies outside its block");
            }
            in = new Decoder(bytes, from, restartsAt, where);
            key = new byte[0];
            next();
        }

        @Override
        public void next() {
            valid = in.remaining() > 0;
            if (!valid) {
                return;
            }
            int shared = in.varint32();
            int own = in.varint32();
            int value = in.varint32();
            in.skip(own);
            if (shared > key.length || shared + (long) own < InternalKey.TAG_BYTES) {
                throw in.damaged("a key at byte " + in.position() + " of its block is impossible");
            }
            key = Arrays.copyOf(key, shared + own);
            System.arraycopy(bytes, in.position() - own, key, shared, own);
            valueFrom = in.position();
            in.skip(value);
            valueTo = in.position();
        }

        @Override
        public boolean valid() {
            return valid;
        }

        @Override
        public byte[] key() {
            return key;
        }

        @Override
        public byte[] value() {
            return Arrays.copyOfRange(bytes, valueFrom, valueTo);
        }
    }
}
