package org.caffe4j.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A new folder of files that appears whole or not at all: the files are written in a temporary folder beside it, {@code <name>.<process>-<n>.tmp},
 * which {@link #force} brings to disk and {@link #commit} renames. {@link #close} without commit deletes it. A process that is killed (SIGKILL) leaves the
 * temporary folder behind and nothing under the final name. One thread at a time.
 */
public final class AtomicFolder implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AtomicFolder.class);

    private final Path target;
    private final Path temporary;
    /** Where the process is asked to end (Ctrl-C, SIGTERM) while it writes. */
    private final Thread atExit = new Thread(this::delete, "caffe4j removes an unfinished folder");
    private boolean open = true;

    private AtomicFolder(Path target, Path temporary) {
        this.target = target;
        this.temporary = temporary;
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    /**
     * Makes the temporary folder.
     *
     * @throws IOException if there is something under the final name already, or the folder around it is missing or may not be written
     */
    public static AtomicFolder create(Path target) throws IOException {
        Path real = target.toAbsolutePath().normalize();
        requireAbsent(real);
        warnOfLeftOvers(real);
        return new AtomicFolder(real, AtomicFile.newTemporary(real, Files::createDirectory));
    }

    private static void requireAbsent(Path target) throws IOException {
        if (Files.exists(target)) {
            throw new IOException("it exists already; remove it or choose another path");
        }
    }

    private static void warnOfLeftOvers(Path target) {
        try (Stream<Path> siblings = Files.list(target.getParent())) {
            siblings.filter(sibling -> AtomicFile.isTemporary(sibling, target) && Files.isDirectory(sibling)).forEach(sibling ->
                LOG.warn("{} was left by a run that was killed, or belongs to one that still works; remove it in the first case", sibling));
        } catch (IOException | UncheckedIOException e) {
            LOG.debug("{} cannot be listed", target.getParent(), e);
        }
    }

    /** What went wrong, for a message; of the system's exceptions for files the text alone is no more than the file's name. */
    public static String reason(Exception e) {
        return e instanceof FileSystemException ? e.toString() : e.getMessage();
    }

    /** Where the files are written until the commit. */
    public Path path() {
        return temporary;
    }

    /** Forces the files to disk, still under their temporary name. @throws IOException if that fails */
    public void force() throws IOException {
        try (Stream<Path> files = Files.list(temporary)) {
            for (Path file : files.toList()) {
                AtomicFile.force(file, StandardOpenOption.WRITE);
            }
        }
        AtomicFile.forceFolder(temporary);
    }

    /** Gives the folder, whose files are on disk, its final name. @throws IOException if that fails; the temporary folder is deleted by close */
    public void commit() throws IOException {
        requireAbsent(target);
        Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
        open = false;
        forgetExit();
        AtomicFile.forceFolder(target.getParent());
    }

    private void forgetExit() {
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException e) {
            LOG.debug("the process ends already", e);
        }
    }

    /** What is left of a folder that cannot be written any more, for the end of a message: nothing; and how full its file system is. */
    public String leftNothing() {
        String space;
        try {
            space = Files.getFileStore(target.getParent()).getUsableSpace() / 1_000_000 + " MB are free there";
        } catch (IOException e) {
            space = "how much space is free is not known";
        }
        return "nothing was left under that name; " + space;
    }

    /** Deletes what was not committed. Idempotent. */
    @Override
    public void close() {
        if (!open) {
            return;
        }
        open = false;
        forgetExit();
        delete();
    }

    private void delete() {
        try (Stream<Path> files = Files.walk(temporary)) {
            List<Path> inward = files.sorted((a, b) -> b.compareTo(a)).toList();
            for (Path path : inward) {
                Files.deleteIfExists(path);
            }
        } catch (IOException | UncheckedIOException e) {
            LOG.warn("{} could not be removed ({}); remove it yourself", temporary, e.toString());
        }
    }
}
