package org.caffe4j.data.leveldb;

/** Entries that come from others, one of which is the current one. */
abstract class CompositeEntries implements Entries {
    /** Where the current entry is; null, or on no entry, where there is none. */
    protected Entries current;

    /** Makes the others current whose turn it is, after {@link #current} was moved. */
    abstract void settle();

    @Override
    public final void next() {
        current.next();
        settle();
    }

    @Override
    public final boolean valid() {
        return current != null && current.valid();
    }

    @Override
    public final byte[] key() {
        return current.key();
    }

    @Override
    public final byte[] value() {
        return current.value();
    }
}
