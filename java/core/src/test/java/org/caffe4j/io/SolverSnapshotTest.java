package org.caffe4j.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.caffe4j.ModelFormatException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SolverSnapshotTest {
    @TempDir
    Path folder;

    private static List<BlobValues> values(SolverSnapshot snapshot) {
        return snapshot.history().stream().map(b -> new BlobValues(b.shape(), FloatBuffer.wrap(b.toArray()), null)).toList();
    }

    @Test
    void byteForByteAsCaffeWritesIt() throws IOException {
        Path recorded = Golden.resource("solvers/resume_sgd/snap_iter_6.solverstate");
        Path copy = folder.resolve("copy.solverstate");
        try (SolverSnapshot snapshot = SolverSnapshot.read(recorded)) {
            assertEquals(6, snapshot.iter());
            assertEquals("snap_iter_6.caffemodel", snapshot.learnedNet());
            assertEquals(4, snapshot.history().size());
            assertArrayEquals(new long[] {4, 2, 3, 3}, snapshot.history().get(0).shape());
            SolverSnapshot.write(copy, snapshot.iter(), snapshot.learnedNet(), snapshot.currentStep(), values(snapshot));
        }
        assertArrayEquals(Files.readAllBytes(recorded), Files.readAllBytes(copy));
    }

    @Test
    void recordedHdf5ReadsBack() {
        Path copy = folder.resolve("copy.solverstate.h5");
        try (SolverSnapshot snapshot = SolverSnapshot.read(Golden.resource("solvers/resume_adam_h5/snap_iter_6.solverstate.h5"))) {
            assertEquals(6, snapshot.iter());
            assertEquals("snap_iter_6.caffemodel.h5", snapshot.learnedNet());
            assertEquals(0, snapshot.currentStep());
            assertEquals(8, snapshot.history().size());
            SolverSnapshot.writeHdf5(copy, snapshot.iter(), snapshot.learnedNet(), 3, values(snapshot));
            try (SolverSnapshot read = SolverSnapshot.read(copy)) {
                assertEquals(6, read.iter());
                assertEquals("snap_iter_6.caffemodel.h5", read.learnedNet());
                assertEquals(3, read.currentStep());
                assertEquals(values(snapshot).stream().map(BlobValues::data).toList(),
                        values(read).stream().map(BlobValues::data).toList());
            }
        }
    }

    @Test
    void emptyHistoryReadsBack() {
        Path binary = folder.resolve("a.solverstate");
        Path hdf5 = folder.resolve("a.solverstate.h5");
        SolverSnapshot.write(binary, 0, "", 0, List.of());
        SolverSnapshot.writeHdf5(hdf5, 0, "n", 0, List.of());
        for (Path file : List.of(binary, hdf5)) {
            try (SolverSnapshot snapshot = SolverSnapshot.read(file)) {
                assertEquals(0, snapshot.iter());
                assertTrue(snapshot.history().isEmpty());
            }
        }
    }

    private static void assertRefused(Path file, String... parts) {
        String message = assertThrows(ModelFormatException.class, () -> SolverSnapshot.read(file).close()).getMessage();
        for (String part : parts) {
            assertTrue(message.contains(part), () -> "expected '" + part + "' in: " + message);
        }
    }

    @Test
    void filesOfOtherKindsAreNamed() throws IOException {
        assertRefused(Golden.resource("solvers/sgd_fixed/init.caffemodel"), "NetParameter", "byte", "init.caffemodel");
        assertRefused(Golden.resource("solvers/resume_adam_h5/snap_iter_6.caffemodel.h5"), "--weights");
        assertRefused(TestFiles.resource("types.h5"), "no .solverstate.h5");
        assertRefused(folder.resolve("missing"), "no such file");
        byte[] good = Files.readAllBytes(Golden.resource("solvers/resume_sgd/snap_iter_6.solverstate"));
        for (int length = 0; length < good.length; length += 7) {
            Path file = Files.write(folder.resolve("cut"), Arrays.copyOf(good, length));
            try (SolverSnapshot snapshot = SolverSnapshot.read(file)) {
                assertTrue(snapshot.history().size() < 4 || snapshot.history().get(3).toArray().length == 3);
            } catch (ModelFormatException e) {
                assertTrue(e.getMessage().contains(file.toString()), e.getMessage());
            }
        }
    }
}
