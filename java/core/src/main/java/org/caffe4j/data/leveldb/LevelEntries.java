package org.caffe4j.data.leveldb;

import java.io.IOException;
import java.util.List;
import org.caffe4j.DataException;

/** Entries of tables that follow one another without overlap; one table at a time is open. */
final class LevelEntries extends CompositeEntries {
    private final FileNames names;
    private final List<TableInfo> tables;
    private int open = -1;

    /** @param tables in the order of their keys */
    LevelEntries(FileNames names, List<TableInfo> tables) {
        this.names = names;
        this.tables = tables;
    }

    @Override
    public void first() {
        enter(0);
        settle();
    }

    @Override
    public void seek(byte[] user) {
        int low = 0;
        int high = tables.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (InternalKey.compareToUser(tables.get(middle).largest(), user) < 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        if (open(low)) {
            current.seek(user);
        }
        settle();
    }

    private void enter(int index) {
        if (open(index)) {
            current.first();
        }
    }

    private boolean open(int index) {
        if (index == open) {
            return current != null;
        }
        close();
        if (index < tables.size()) {
            try {
                current = new TableFile(names.table(tables.get(index).number())).entries();
            } catch (IOException e) {
                throw new DataException("cannot open table " + tables.get(index).number() + " of LevelDB " + names.folder() + ": " + e, e);
            }
        }
        open = index;
        return current != null;
    }

    @Override
    void settle() {
        while (current != null && !current.valid()) {
            enter(open + 1);
        }
    }

    @Override
    public void close() {
        if (current != null) {
            current.close();
            current = null;
        }
        open = -1;
    }
}
