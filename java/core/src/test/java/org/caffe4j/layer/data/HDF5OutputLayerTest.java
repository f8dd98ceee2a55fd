package org.caffe4j.layer.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.caffe4j.CaffeException;
import org.caffe4j.DataException;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.ShapeException;
import org.caffe4j.io.Hdf5File;
import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

class HDF5OutputLayerTest {
    @TempDir
    Path folder;

    private LayerRunner runner(long[] data, long[] label) {
        return LayerRunner.of("type: 'HDF5Output' hdf5_output_param { file_name: '" + folder.resolve("out.h5") + "' }", 0, data, label);
    }

    @Test
    void writesTheFirstBatchWithFourAxesAndRefusesTheSecond() throws Exception {
        Path file = folder.resolve("out.h5");
        Files.writeString(file, "an earlier file");
        try (LayerRunner runner = runner(new long[] {2, 3}, new long[] {2})) {
            runner.bottom.get(0).data().set(1, 2, 3, 4, 5, 6);
            runner.bottom.get(1).data().set(7, 8);
            runner.forward();
            byte[] written = Files.readAllBytes(file);
            try (Hdf5File hdf5 = Hdf5File.open(file)) {
                assertArrayEquals(new long[] {2, 3, 1, 1}, hdf5.read("data").shape());
                assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6}, hdf5.read("data").values());
                assertArrayEquals(new long[] {2, 1, 1, 1}, hdf5.read("label").shape());
                assertArrayEquals(new float[] {7, 8}, hdf5.read("label").values());
            }
            String message = assertThrows(DataException.class, runner::forward).getMessage();
            assertTrue(message.contains("out.h5") && message.contains("exists"), message);
            assertArrayEquals(written, Files.readAllBytes(file));
            runner.bottom.get(0).diff().fill(0);
            runner.backward();
            assertEquals(0, runner.bottom.get(0).diff().asum());
        }
    }

    @Test
    void whatCannotBeWrittenIsNamed() {
        assertError(ShapeException.class, "same first dimension", () -> runner(new long[] {2, 3}, new long[] {3}));
        assertError(ShapeException.class, "4 axes", () -> runner(new long[] {2, 1, 1, 1, 1}, new long[] {2}));
        assertError(NetDefinitionException.class, "file_name", () -> LayerRunner.of("type: 'HDF5Output'", 0, new long[] {1}, new long[] {1}));
        assertError(CaffeException.class, "no/such", () -> {
            try (LayerRunner runner = LayerRunner.of("type: 'HDF5Output' hdf5_output_param { file_name: '" + folder + "/no/such/out.h5' }", 0,
                new long[] {1}, new long[] {1})) {
                runner.forward();
            }
        });
    }

    private static void assertError(Class<? extends CaffeException> kind, String text, Executable call) {
        String message = assertThrows(kind, call).getMessage();
        assertTrue(message.contains(text), message);
    }
}
