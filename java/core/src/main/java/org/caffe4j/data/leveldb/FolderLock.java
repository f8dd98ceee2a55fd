package org.caffe4j.data.leveldb;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * Keeps LevelDB in other processes from changing a folder that is being read: a shared lock on its file {@code LOCK}, which LevelDB locks
 * for itself. One lock serves all readers of this process, since the system gives up a process's locks on a file when any of its handles
 * is closed. A folder without the file is not locked.
 */
final class FolderLock implements AutoCloseable {
    private static final Map<Path, FolderLock> HELD = new HashMap<>();

    private final Path key;
    private final FileChannel channel;
    private int users;

    private FolderLock(Path key, FileChannel channel) {
        this.key = key;
        this.channel = channel;
    }

    /** @return null if there is nothing to lock @throws IOException if another process has the folder open, or locking is refused */
    static FolderLock acquire(Path file) throws IOException {
        if (!Files.exists(file)) {
            return null;
        }
        synchronized (HELD) {
            Path key = file.toRealPath();
            FolderLock lock = HELD.get(key);
            if (lock == null) {
                lock = new FolderLock(key, lockedChannel(key));
                HELD.put(key, lock);
            }
            lock.users++;
            return lock;
        }
    }

    private static FileChannel lockedChannel(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file);
        FileLock lock = null;
        try {
            lock = channel.tryLock(0, Long.MAX_VALUE, true);
        } catch (OverlappingFileLockException e) {
            throw new IOException("another part of this process has its file LOCK locked", e);
        } finally {
            if (lock == null) {
                channel.close();
            }
        }
        if (lock == null) {
            throw new IOException("another process has it open (its file LOCK is locked)");
        }
        return channel;
    }

    @Override
    public void close() throws IOException {
        synchronized (HELD) {
            users--;
            if (users == 0) {
                HELD.remove(key);
                channel.close();
            }
        }
    }
}
