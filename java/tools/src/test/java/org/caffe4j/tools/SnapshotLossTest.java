package org.caffe4j.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.caffe4j.io.ResumeFile;
import org.caffe4j.io.SolverSnapshot;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A training that dies, or has no room left, while it writes snapshots: in a process of its own. */
class SnapshotLossTest {
    private static final String NET = "layer { name: 'd' type: 'DummyData' top: 'x' top: 'y' "
        + "dummy_data_param { shape { dim: 2 dim: 1000 } shape { dim: 2 dim: 1000 } data_filler { type: 'gaussian' std: 1 } } } "
        + "layer { name: 'ip' type: 'InnerProduct' bottom: 'x' top: 'ip' "
        + "inner_product_param { num_output: 1000 weight_filler { type: 'xavier' } } } "
        + "layer { name: 'l' type: 'EuclideanLoss' bottom: 'ip' bottom: 'y' top: 'l' }";

    @TempDir
    Path folder;

    @BeforeEach
    void net() throws IOException {
        Files.writeString(folder.resolve("net.prototxt"), NET);
    }

    private Path solver(String more) throws IOException {
        return Files.writeString(folder.resolve("solver.prototxt"), "net: 'net.prototxt' base_lr: 0.0001 lr_policy: 'fixed' type: 'Adam' "
            + "momentum: 0.9 random_seed: 1 snapshot_prefix: 's' " + more);
    }

    private Map<String, Long> snapshots() throws IOException {
        Map<String, Long> found = new TreeMap<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(path -> path.getFileName().toString().startsWith("s_iter_")).toList()) {
                found.put(file.getFileName().toString(), Files.getLastModifiedTime(file).toMillis() + Files.size(file));
            }
        }
        return found;
    }

    /** The weights are 4 MB and fit, the history of Adam is 8 MB and does not. */
    @Test
    void aFullDiskLeavesTheEarlierSnapshotWhole() throws Exception {
        Path solver = solver("max_iter: 2 snapshot_after_train: true");
        CommandProcess first = CommandProcess.start(folder, ":", "train", "--solver=" + solver);
        assertEquals(0, first.code(), first.output());
        Map<String, Long> earlier = snapshots();
        assertEquals(List.of("s_iter_2.caffemodel", "s_iter_2.resume", "s_iter_2.solverstate"), List.copyOf(earlier.keySet()));
        CommandProcess full = CommandProcess.start(folder, "ulimit -f 6000", "train", "--solver=" + solver);
        assertEquals(1, full.code(), full.output());
        assertTrue(full.output().contains("Cannot write") && full.output().contains("s_iter_2.solverstate")
            && full.output().contains("space left"), full.output());
        assertEquals(earlier, snapshots());
        CommandProcess resumed = CommandProcess.start(folder, ":", "train", "--solver=" + solver("max_iter: 3"),
            "--snapshot=s_iter_2.solverstate");
        assertEquals(0, resumed.code(), resumed.output());
        assertTrue(resumed.output().contains("Going on exactly where"), resumed.output());
    }

    @Test
    void everyStateThatAKilledTrainingLeavesCanBeResumedExactly() throws Exception {
        Path solver = solver("max_iter: 1000000 snapshot: 1");
        for (int kill = 0; kill < 3; kill++) {
            CommandProcess training = CommandProcess.start(folder, ":", "train", "--solver=" + solver);
            training.await("s_iter_" + (kill + 2) + ".solverstate");
            Thread.sleep(7L * kill);
            training.kill();
            List<String> states = snapshots().keySet().stream().filter(name -> name.endsWith(".solverstate")).toList();
            assertTrue(!states.isEmpty(), training.output());
            for (String state : states) {
                Path file = folder.resolve(state);
                try (SolverSnapshot read = SolverSnapshot.read(file)) {
                    assertEquals(read.iter(), ResumeFile.read(file).getIteration());
                    assertEquals(4, read.history().size());
                    assertEquals(4_004_000, Files.size(folder.resolve(read.learnedNet())), 2_000);
                }
            }
            for (String left : snapshots().keySet()) {
                Files.delete(folder.resolve(left));
            }
        }
    }
}
