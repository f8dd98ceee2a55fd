package org.caffe4j.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.caffe4j.CaffeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
    @TempDir
    Path folder;

    @Test
    void replacesTheWholeFile() throws IOException {
        Path file = folder.resolve("f");
        Files.writeString(file, "a long earlier content");
        AtomicFile.write(file, p -> Files.writeString(p, "new"));
        assertEquals("new", Files.readString(file));
        assertArrayEquals(new String[] {"f"}, folder.toFile().list());
    }

    @Test
    void failureKeepsTheEarlierFile() throws IOException {
        Path file = folder.resolve("f");
        Files.writeString(file, "earlier");
        CaffeException e = assertThrows(CaffeException.class, () -> AtomicFile.write(file, p -> {
            Files.writeString(p, "half");
            throw new IOException("No space left on device");
        }));
        assertTrue(e.getMessage().contains(file.toString()) && e.getMessage().contains("No space left"), e.getMessage());
        assertThrows(IllegalStateException.class, () -> AtomicFile.write(file, p -> {
            throw new IllegalStateException("of the caller");
        }));
        assertEquals("earlier", Files.readString(file));
        assertArrayEquals(new String[] {"f"}, folder.toFile().list());
    }

    @Test
    void followsASymbolicLink() throws IOException {
        Path real = Files.writeString(folder.resolve("real"), "old");
        Path link = Files.createSymbolicLink(folder.resolve("link"), real);
        AtomicFile.write(link, p -> Files.writeString(p, "new"));
        assertEquals("new", Files.readString(real));
        assertTrue(Files.isSymbolicLink(link));
    }

    @Test
    void missingFolderAndDirectoryAreErrors() {
        assertThrows(CaffeException.class, () -> AtomicFile.write(folder.resolve("none/f"), p -> Files.writeString(p, "x")));
        assertThrows(CaffeException.class, () -> AtomicFile.write(folder, p -> Files.writeString(p, "x")));
    }

    @Test
    void whatIsStagedAppearsWhenItIsCommittedOrNever() throws IOException {
        Path file = Files.writeString(folder.resolve("f"), "earlier");
        try (AtomicFile staged = AtomicFile.stage(file, p -> Files.writeString(p, "dropped"))) {
            assertEquals("dropped", Files.readString(staged.content()));
        }
        assertEquals("earlier", Files.readString(file));
        try (AtomicFile staged = AtomicFile.stage(file, p -> Files.writeString(p, "new"))) {
            assertEquals("earlier", Files.readString(file));
            staged.commit();
            assertEquals("new", Files.readString(staged.content()));
        }
        assertEquals("new", Files.readString(file));
        assertArrayEquals(new String[] {"f"}, folder.toFile().list());
    }

    @Test
    void aCommitThatFailsDropsTheContent() throws IOException {
        Path file = folder.resolve("f");
        AtomicFile staged = AtomicFile.stage(file, p -> Files.writeString(p, "new"));
        Files.createDirectory(file);
        assertThrows(CaffeException.class, staged::commit);
        assertArrayEquals(new String[] {"f"}, folder.toFile().list());
    }
}
