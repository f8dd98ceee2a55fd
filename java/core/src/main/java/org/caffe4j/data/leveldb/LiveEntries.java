package org.caffe4j.data.leveldb;

import java.util.Arrays;

/** The entries that count: of every key the newest, unless that deletes it. */
final class LiveEntries implements Entries {
    private final Entries all;

    /** @param all closed with this */
    LiveEntries(Entries all) {
        this.all = all;
    }

    @Override
    public void first() {
        all.first();
        skipDeleted();
    }

    @Override
    public void seek(byte[] user) {
        all.seek(user);
        skipDeleted();
    }

    @Override
    public void next() {
        skipKey();
        skipDeleted();
    }

    private void skipDeleted() {
        while (all.valid() && InternalKey.isDeletion(all.key())) {
            skipKey();
        }
    }

    private void skipKey() {
        byte[] key = all.key();
        do {
            all.next();
        } while (all.valid() && InternalKey.compareUser(all.key(), key) == 0);
    }

    @Override
    public boolean valid() {
        return all.valid();
    }

    @Override
    public byte[] key() {
        return all.key();
    }

    @Override
    public byte[] value() {
        return all.value();
    }

    /** The key of the current entry without its tag. */
    byte[] userKey() {
        return InternalKey.user(key());
    }

    /** Whether the current entry has that key. */
    boolean isAt(byte[] user) {
        return valid() && Arrays.equals(userKey(), user);
    }

    @Override
    public void close() {
        all.close();
    }
}
