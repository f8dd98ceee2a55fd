package org.caffe4j.data.leveldb;

import java.util.List;

/** Several sorted sequences as one. */
final class MergedEntries implements Entries {
    private final List<Entries> parts;
    private Entries current;

    /** @param parts closed with this */
    MergedEntries(List<Entries> parts) {
        this.parts = parts;
    }

    @Override
    public void first() {
        parts.forEach(Entries::first);
        choose();
    }

    @Override
    public void seek(byte[] user) {
        parts.forEach(part -> part.seek(user));
        choose();
    }

    @Override
    public void next() {
        current.next();
        choose();
    }

    /** There are few parts: tables of level 0 and one for each other level. */
    private void choose() {
        current = null;
        for (Entries part : parts) {
            if (part.valid() && (current == null || InternalKey.compare(part.key(), current.key()) < 0)) {
                current = part;
            }
        }
    }

    @Override
    public boolean valid() {
        return current != null;
    }

    @Override
    public byte[] key() {
        return current.key();
    }

    @Override
    public byte[] value() {
        return current.value();
    }

    @Override
    public void close() {
        parts.forEach(Entries::close);
    }
}
