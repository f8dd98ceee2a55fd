package org.caffe4j.data;

import java.nio.ByteBuffer;

/**
 * A place in a database, moving through the records in the order of their keys (bytes, unsigned). One thread at a time. To be closed before
 * its database.
 */
public interface Cursor extends AutoCloseable {

    /** Goes to the first record; false if the database is empty. */
    boolean first();

    /** Goes to the next record; false at the end. */
    boolean next();

    /** Goes to the record of that key; false if there is none, and then the cursor is on no record that is meant. */
    boolean seek(byte[] key);

    /** The key of the current record, a copy. */
    byte[] key();

    /** The value of the current record, a copy. */
    byte[] value();

    /**
     * The value of the current record, a copy outside the Java heap, from position 0 to the limit.
     *
     * @param room a direct buffer to copy into if it is large enough; its position and limit count for nothing
     * @return {@code room}, or a new and larger one
     */
    default ByteBuffer value(ByteBuffer room) {
        byte[] value = value();
        return roomFor(value.length, room).put(value).flip();
    }

    /** {@code room} cleared if it has so many bytes, or a new and larger one. */
    static ByteBuffer roomFor(int length, ByteBuffer room) {
        return room.capacity() >= length ? room.clear() : ByteBuffer.allocateDirect(length + length / 2);
    }

    @Override
    void close();
}
