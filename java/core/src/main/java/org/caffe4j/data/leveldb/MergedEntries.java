package org.caffe4j.data.leveldb;

import java.util.List;

/** Several sorted sequences as one. */
final class MergedEntries extends CompositeEntries {
    private final List<Entries> parts;

    /** @param parts closed with this */
    MergedEntries(List<Entries> parts) {
        this.parts = parts;
    }

    @Override
    public void first() {
        parts.forEach(Entries::first);
        settle();
    }

    @Override
    public void seek(byte[] user) {
        parts.forEach(part -> part.seek(user));
        settle();
    }

    /** The least of them. There are few parts: tables of level 0 and one for each other level. */
    @Override
    void settle() {
        current = null;
        for (Entries part : parts) {
            if (part.valid() && (current == null || InternalKey.compare(part.key(), current.key()) < 0)) {
                current = part;
            }
        }
    }

    @Override
    public void close() {
        parts.forEach(Entries::close);
    }
}
