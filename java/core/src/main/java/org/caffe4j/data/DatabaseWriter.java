package org.caffe4j.data;

/** A new database being written. One thread at a time. {@link #close} keeps every record put before. */
public interface DatabaseWriter extends AutoCloseable {

    /** Adds a record; a record with the same key is replaced. */
    void put(byte[] key, byte[] value);

    /** Makes everything put so far durable. */
    void commit();

    @Override
    void close();
}
