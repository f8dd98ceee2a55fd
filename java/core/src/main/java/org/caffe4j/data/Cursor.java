package org.caffe4j.data;

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

    @Override
    void close();
}
