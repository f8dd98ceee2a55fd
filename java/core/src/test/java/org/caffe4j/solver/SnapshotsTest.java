package org.caffe4j.solver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.caffe4j.CaffeException;
import org.caffe4j.Context;
import org.caffe4j.TestDevice;
import org.caffe4j.io.PrototxtReader;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What lies in the folder while and after a snapshot is written. */
class SnapshotsTest {
    @TempDir
    Path folder;

    private Solver solver(Context context, String format) {
        return SolverFactory.create(PrototxtReader.parseSolver("net_param { layer { name: 'd' type: 'DummyData' top: 'x' top: 'y' "
            + "dummy_data_param { shape { dim: 2 dim: 3 } shape { dim: 2 dim: 4 } } } "
            + "layer { name: 'ip' type: 'InnerProduct' bottom: 'x' top: 'ip' inner_product_param { num_output: 4 } } "
            + "layer { name: 'l' type: 'EuclideanLoss' bottom: 'ip' bottom: 'y' top: 'l' } } base_lr: 0.1 lr_policy: 'fixed' "
            + "snapshot_format: " + format + " snapshot_prefix: '" + folder.resolve("s") + "'", "test"), context);
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    /** A process that ends anywhere in between, as by kill -9, leaves no state from which it could not go on exactly. */
    @ParameterizedTest
    @CsvSource({"BINARYPROTO, ''", "HDF5, .h5"})
    void theStateAppearsLastAndAfterEverythingIsWritten(String format, String extension) throws Exception {
        try (Context context = TestDevice.context(1); Solver solver = solver(context, format);
                WatchService watch = folder.getFileSystem().newWatchService()) {
            folder.register(watch, StandardWatchEventKinds.ENTRY_CREATE);
            solver.snapshot();
            Files.createFile(folder.resolve("end"));
            List<String> appeared = new ArrayList<>();
            while (!appeared.contains("end")) {
                WatchKey key = watch.poll(30, TimeUnit.SECONDS);
                assertTrue(key != null, appeared.toString());
                for (WatchEvent<?> event : key.pollEvents()) {
                    appeared.add(event.context().toString());
                }
                key.reset();
            }
            List<String> files = List.of("s_iter_0.caffemodel" + extension, "s_iter_0.resume", "s_iter_0.solverstate" + extension, "end");
            assertEquals(files, appeared.subList(appeared.size() - 4, appeared.size()));
            assertEquals(files.stream().sorted().toList(), names());
        }
    }

    @ParameterizedTest
    @CsvSource({".resume, BINARYPROTO, ''", ".solverstate, BINARYPROTO, ''", ".solverstate.h5, HDF5, .h5"})
    void whatCannotBeWrittenLeavesTheEarlierSnapshot(String blocked, String format, String extension) throws IOException {
        try (Context context = TestDevice.context(1); Solver solver = solver(context, format)) {
            Path model = Files.writeString(folder.resolve("s_iter_0.caffemodel" + extension), "earlier");
            Files.createDirectory(folder.resolve("s_iter_0" + blocked));
            List<String> before = names();
            CaffeException e = assertThrows(CaffeException.class, solver::snapshot);
            assertTrue(e.getMessage().contains("s_iter_0" + blocked + ": it is a directory"), e.getMessage());
            assertEquals("earlier", Files.readString(model));
            assertEquals(before, names());
            Files.delete(folder.resolve("s_iter_0" + blocked));
            solver.restore(solver.snapshot());
        }
    }
}
