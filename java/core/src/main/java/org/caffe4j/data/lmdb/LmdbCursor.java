package org.caffe4j.data.lmdb;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.caffe4j.DataException;
import org.caffe4j.data.Cursor;

/**
 * Goes through the tree of the newest transaction. Whatever is read is given out only if that transaction was still the newest after
 * reading; where another program has written meanwhile, the cursor goes on in the new tree behind the key that it was on.
 */
final class LmdbCursor implements Cursor {
    private final String name;
    private final DataFile file;
    private final List<Page> pages = new ArrayList<>();
    private final List<Integer> nodes = new ArrayList<>();
    private DataFile.Head head;
    private byte[] key;
    private boolean ended;
    private boolean closed;

    LmdbCursor(String name, DataFile file) throws IOException {
        this.name = name;
        this.file = file;
        head = file.newest();
        file.requireWhole(head);
    }

    @Override
    public boolean first() {
        return move(() -> descend(null));
    }

    @Override
    public boolean next() {
        if (ended) {
            return false;
        }
        byte[] last = key;
        DataFile.Head before = head;
        return move(() -> {
            if (last == null) {
                return descend(null);
            }
            boolean found = head == before ? advance() : descend(last) && (!Arrays.equals(here(), last) || advance());
            if (found && Arrays.compareUnsigned(here(), last) <= 0) {
                throw file.damaged("keys are not in their order after record " + new String(last, StandardCharsets.ISO_8859_1));
            }
            return found;
        });
    }

    @Override
    public boolean seek(byte[] wanted) {
        return move(() -> descend(wanted)) && Arrays.equals(key, wanted);
    }

    private boolean move(Supplier<Boolean> movement) {
        boolean found = consistent(() -> {
            boolean there = movement.get();
            key = there ? here() : null;
            return there;
        });
        ended = !found;
        return found;
    }

    /** What {@code read} gives of one transaction, which was the newest before and after. */
    private <T> T consistent(Supplier<T> read) {
        if (closed) {
            throw new IllegalStateException("cursor of " + name + " is closed");
        }
        try {
            while (true) {
                T result = null;
                DataException failure = null;
                try {
                    result = read.get();
                } catch (DataException e) {
                    failure = e;
                }
                DataFile.Head now = file.newest();
                if (now.equals(head)) {
                    if (failure != null) {
                        throw failure;
                    }
                    return result;
                }
                head = now;
                file.requireWhole(head);
            }
        } catch (InternalError e) {
            throw file.unreadable(e);
        } catch (IOException e) {
            throw new DataException("cannot read " + name + ": " + e, e);
        }
    }

    /** Goes to the first record, or to the first whose key is not before the given one. */
    private boolean descend(byte[] wanted) {
        pages.clear();
        nodes.clear();
        if (head.root() == DataFile.Head.NO_PAGE) {
            return false;
        }
        enter(head.root(), wanted);
        return pages.get(pages.size() - 1).nodes() > nodes.get(nodes.size() - 1) || advance();
    }

    /** Goes down from a page to a leaf. */
    private void enter(long number, byte[] wanted) {
        long below = number;
        while (true) {
            Page page = new Page(file, below);
            int node = wanted == null ? 0 : page.find(wanted);
            pages.add(page);
            nodes.add(node);
            if (page.isLeaf() != (pages.size() == head.depth())) {
                throw file.damaged("page " + below + " is a " + (page.isLeaf() ? "leaf" : "branch") + " at depth " + pages.size() + " of "
                    + head.depth());
            }
            if (page.isLeaf()) {
                return;
            }
            below = page.below(node);
        }
    }

    /** Goes to the next record. */
    private boolean advance() {
        while (!pages.isEmpty()) {
            int top = pages.size() - 1;
            int node = nodes.get(top) + 1;
            if (node < pages.get(top).nodes()) {
                nodes.set(top, node);
                if (!pages.get(top).isLeaf()) {
                    enter(pages.get(top).below(node), null);
                }
                return true;
            }
            pages.remove(top);
            nodes.remove(top);
        }
        return false;
    }

    private byte[] here() {
        int top = pages.size() - 1;
        return pages.get(top).key(nodes.get(top));
    }

    @Override
    public byte[] key() {
        requireRecord();
        return key.clone();
    }

    @Override
    public byte[] value() {
        return copy(value -> {
            byte[] bytes = new byte[value.remaining()];
            value.get(bytes);
            return bytes;
        });
    }

    @Override
    public ByteBuffer value(ByteBuffer room) {
        return copy(value -> Cursor.roomFor(value.remaining(), room).put(value).flip());
    }

    private <T> T copy(Function<ByteBuffer, T> copying) {
        requireRecord();
        byte[] wanted = key;
        DataFile.Head before = head;
        return consistent(() -> {
            if (head != before && !(descend(wanted) && Arrays.equals(here(), wanted))) {
                throw new DataException(name + " was changed by another program, its current record is gone");
            }
            int top = pages.size() - 1;
            return copying.apply(pages.get(top).value(nodes.get(top)));
        });
    }

    private void requireRecord() {
        if (key == null) {
            throw new IllegalStateException("cursor of " + name + " is on no record");
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            try {
                file.close();
            } catch (IOException e) {
                throw new DataException("cannot close " + name + ": " + e, e);
            }
        }
    }
}
