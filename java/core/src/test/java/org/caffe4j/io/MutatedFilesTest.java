package org.caffe4j.io;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.function.Consumer;
import org.caffe4j.CaffeException;
import org.caffe4j.JavaProgram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Reads recorded files with bytes changed, cut off and doubled, in a process with a small heap: whatever a file holds, it is read or
 * refused by the library's own exceptions. A seed that failed is repeated by -Dcaffe4j.seed.
 */
class MutatedFilesTest {
    private static final String HEAP = "-Xmx64m";

    @TempDir
    Path folder;

    @Test
    void areReadOrRefused() throws Exception {
        long seed = Long.getLong("caffe4j.seed", System.nanoTime());
        System.out.println("MutatedFilesTest: -Dcaffe4j.seed=" + seed);
        String said = JavaProgram.run(folder, HEAP, "-Dorg.slf4j.simpleLogger.defaultLogLevel=off", MutatedFilesTest.class.getName(),
                Long.toString(seed), Golden.resource("").toString());
        assertTrue(said.contains("all done"), said);
    }

    /** Arguments: seed, folder of the recorded files. Ends with an exception's trace and status 1 at the first file that does worse. */
    public static void main(String[] args) throws IOException {
        Random random = new Random(Long.parseLong(args[0]));
        Path golden = Path.of(args[1]);
        Path solvers = golden.resolve("solvers");
        mutate(random, solvers.resolve("sgd_fixed/net.prototxt"), 1500, PrototxtReader::readNet);
        mutate(random, solvers.resolve("sgd_multistep/solver.prototxt"), 800, PrototxtReader::readSolver);
        mutate(random, golden.resolve("tools/upgrade/v0/old.prototxt"), 1500, PrototxtReader::readNet);
        mutate(random, solvers.resolve("sgd_fixed/init.caffemodel"), 1500, MutatedFilesTest::readWeights);
        mutate(random, solvers.resolve("sgd_fixed/init.caffemodel"), 500, PrototxtReader::readNetBinary);
        mutate(random, solvers.resolve("resume_sgd/snap_iter_6.solverstate"), 1000, MutatedFilesTest::readState);
        mutate(random, solvers.resolve("resume_adam_h5/snap_iter_6.caffemodel.h5"), 600, MutatedFilesTest::readWeights);
        mutate(random, solvers.resolve("resume_adam_h5/snap_iter_6.solverstate.h5"), 600, MutatedFilesTest::readState);
        mutate(random, solvers.resolve("sgd_fixed/data.h5"), 600, MutatedFilesTest::readDatasets);
        mutate(random, golden.resolve("tools/mean.binaryproto"), 500, file -> MeanFile.read(file));
        System.out.println("all done");
    }

    private static void mutate(Random random, Path good, int times, Consumer<Path> read) throws IOException {
        byte[] bytes = Files.readAllBytes(good);
        Path file = Path.of("mutated-" + good.getFileName());
        int refused = 0;
        for (int i = 0; i < times; i++) {
            Files.write(file, changed(bytes, random, i % 5));
            try {
                read.accept(file);
            } catch (CaffeException e) {
                refused++;
                if (e.getMessage() == null || e.getMessage().isBlank()) {
                    throw new IllegalStateException("an exception without a message", e);
                }
            } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
                throw new IllegalStateException(good.getFileName() + ", change " + i, e);
            }
        }
        System.out.println(good.getFileName() + ": " + refused + " of " + times + " refused");
        if (refused == 0) {
            throw new IllegalStateException("nothing was refused");
        }
    }

    private static byte[] changed(byte[] good, Random random, int kind) {
        if (kind == 0) {
            return Arrays.copyOf(good, random.nextInt(good.length));
        }
        byte[] bytes = good.clone();
        if (kind == 1) { // a part stands again elsewhere
            int length = 1 + random.nextInt(Math.min(64, bytes.length - 1));
            System.arraycopy(good, random.nextInt(bytes.length - length), bytes, random.nextInt(bytes.length - length), length);
        }
        for (int n = 1 + random.nextInt(4); n > 0; n--) {
            int at = random.nextInt(kind == 2 ? Math.min(bytes.length, 600) : bytes.length);
            bytes[at] = (byte) (kind == 4 ? bytes[at] ^ 1 << random.nextInt(8) : random.nextInt());
        }
        return bytes;
    }

    private static void readWeights(Path file) {
        try (Weights weights = Weights.read(file)) {
            for (Weights.Layer layer : weights.layers()) {
                for (WeightBlob blob : layer.blobs()) {
                    if (blob.stored()) {
                        copy(blob);
                    }
                }
            }
        }
    }

    /** As into a net's blob, whose size is known: what a damaged file claims is never allocated. */
    private static void copy(WeightBlob blob) {
        if (blob.count() < 100_000) {
            blob.copyTo(FloatBuffer.allocate((int) blob.count()));
        }
    }

    private static void readState(Path file) {
        try (SolverSnapshot state = SolverSnapshot.read(file)) {
            state.history().forEach(MutatedFilesTest::copy);
        }
    }

    private static void readDatasets(Path file) {
        Hdf5File hdf5 = Hdf5File.open(file);
        try {
            for (String name : hdf5.children("/")) {
                if (hdf5.isDataset(name)) {
                    hdf5.shape(name);
                    hdf5.read(name);
                }
            }
        } finally {
            hdf5.close();
        }
    }
}
