package org.caffe4j.data.leveldb;

/**
 * A place in a sorted sequence of entries (internal key, value), ordered as {@link InternalKey}. It is on no entry until it is moved. One
 * thread at a time.
 */
interface Entries extends AutoCloseable {

    /** Goes to the first entry, if there is one. */
    void first();

    /** Goes to the first entry whose user's key is not before the given one, if there is one. */
    void seek(byte[] user);

    /** Goes to the next entry; only where {@link #valid}. */
    void next();

    /** True if it is on an entry. */
    boolean valid();

    /** The entry's internal key, not to be changed; only where {@link #valid}. */
    byte[] key();

    /** The entry's value, a copy; only where {@link #valid}. */
    byte[] value();

    @Override
    default void close() {
    }
}
