package org.caffe4j.io;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.regex.Pattern;
import org.caffe4j.CaffeException;

/**
 * Writes a file whole or not at all: into a temporary file of the same folder, which is forced to disk and then renamed over the
 * target. When anything fails the temporary file is removed and an earlier target stays as it was. A symbolic link is followed; a
 * target that is no regular file (a pipe, {@code /dev/stdout}) is written in place. {@link #write} does it in one go; files that belong
 * together are all {@link #stage}d before the first is {@link #commit}ted. Any thread may call the static methods; one that is staged
 * belongs to one thread, which commits or closes it.
 */
public final class AtomicFile implements AutoCloseable {
    private static final String TEMPORARY = ".tmp";

    /** Writes the whole content into the path it is given, which may or may not exist yet. */
    @FunctionalInterface
    public interface Content {
        void writeTo(Path temporary) throws IOException;
    }

    /** Makes an empty file or folder, with the process's ordinary permissions. */
    @FunctionalInterface
    interface Maker {
        Path make(Path path) throws IOException;
    }

    private final Path target;
    private final Path real;
    private Path temporary;

    private AtomicFile(Path target, Path real, Path temporary) {
        this.target = target;
        this.real = real;
        this.temporary = temporary;
    }

    /**
     * Replaces the target by what {@code content} writes.
     *
     * @throws CaffeException if the folder or the file cannot be written; what {@code content} itself throws unchecked passes through
     */
    public static void write(Path target, Content content) {
        stage(target, content).commit();
    }

    /**
     * Writes the content to disk beside the target, which keeps its earlier content until {@link #commit}.
     *
     * @return to be committed, or closed to drop the content
     * @throws CaffeException as {@link #write}
     */
    public static AtomicFile stage(Path target, Content content) {
        if (Files.isDirectory(target)) {
            throw new CaffeException("Cannot write " + target + ": it is a directory; give a file name");
        }
        Path temporary = null;
        try {
            if (Files.exists(target) && !Files.isRegularFile(target)) {
                content.writeTo(target);
                return new AtomicFile(target, target, null);
            }
            Path real = Files.exists(target) ? target.toRealPath() : target.toAbsolutePath();
            temporary = newTemporary(real, Files::createFile);
            content.writeTo(temporary);
            force(temporary, StandardOpenOption.WRITE);
            AtomicFile staged = new AtomicFile(target, real, temporary);
            temporary = null;
            return staged;
        } catch (IOException e) {
            throw unwritable(target, e);
        } finally {
            remove(temporary);
        }
    }

    /** Where the content is: in the temporary file until {@link #commit}, then in the target. */
    public Path content() {
        return temporary == null ? real : temporary;
    }

    /** Renames the content over the target. @throws CaffeException if the system refuses it: the target is as before, the content gone */
    public void commit() {
        if (temporary == null) {
            return;
        }
        try {
            Files.move(temporary, real, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            close();
            throw unwritable(target, e);
        }
        temporary = null;
        forceFolder(real.getParent());
    }

    /** Removes the content if it was not committed; idempotent. */
    @Override
    public void close() {
        remove(temporary);
        temporary = null;
    }

    private static CaffeException unwritable(Path target, IOException e) {
        return new CaffeException("Cannot write " + target + ": " + e + "; make sure that the directory exists, is writable and has"
                + " space left", e);
    }

    /** A fresh empty file or folder beside the target. {@code Files.createTempFile} would narrow its permissions to the owner. */
    static Path newTemporary(Path target, Maker maker) throws IOException {
        for (int i = 0; ; i++) {
            Path path = target.resolveSibling(target.getFileName() + "." + ProcessHandle.current().pid() + "-" + i + TEMPORARY);
            try {
                return maker.make(path);
            } catch (FileAlreadyExistsException e) {
                if (i == 9999) {
                    throw e;
                }
            }
        }
    }

    /** Whether a path has a name as {@link #newTemporary} gives them. */
    static boolean isTemporary(Path path, Path target) {
        return path.getFileName().toString().matches(Pattern.quote(target.getFileName() + ".") + "\\d+-\\d+" + Pattern.quote(TEMPORARY));
    }

    static void force(Path path, StandardOpenOption option) throws IOException {
        try (FileChannel channel = FileChannel.open(path, option)) {
            channel.force(true);
        }
    }

    /** Makes the rename itself durable. Not every system lets a folder be opened; the file is complete either way. */
    static void forceFolder(Path folder) {
        try {
            force(folder, StandardOpenOption.READ);
        } catch (IOException e) {
            return;
        }
    }

    private static void remove(Path temporary) {
        if (temporary == null || !Files.exists(temporary, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try {
            Files.delete(temporary);
        } catch (IOException e) {
            temporary.toFile().deleteOnExit();
        }
    }
}
