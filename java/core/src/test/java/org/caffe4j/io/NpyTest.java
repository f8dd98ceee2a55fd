package org.caffe4j.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.caffe4j.ModelFormatException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NpyTest {
    @TempDir
    Path folder;

    private static float[] range(int from, int to) {
        float[] values = new float[to - from];
        for (int i = 0; i < values.length; i++) {
            values[i] = from + i;
        }
        return values;
    }

    /** Both archives were written by NumPy with the same arrays. */
    @ParameterizedTest
    @ValueSource(strings = {"stored.npz", "deflated.npz"})
    void everyTypeThatNumPyWrites(String name) {
        Map<String, FloatArray> arrays = Npz.read(TestFiles.resource(name));
        for (String type : List.of("f4", "f8", "f2", "i2", "i4", "i8")) {
            for (String order : List.of("le_", "be_")) {
                assertArrayEquals(new long[] {4, 3}, arrays.get(order + type).shape());
                assertArrayEquals(range(-6, 6), arrays.get(order + type).values(), order + type);
            }
        }
        for (String type : List.of("u1", "le_u2", "be_u2", "le_u4", "be_u4", "le_u8", "be_u8")) {
            assertArrayEquals(range(0, 12), arrays.get(type).values(), type);
        }
        assertArrayEquals(range(-6, 6), arrays.get("i1").values());
        assertArrayEquals(new float[] {0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, arrays.get("b1").values());
        assertArrayEquals(new long[0], arrays.get("scalar").shape());
        assertArrayEquals(new float[] {2.5f}, arrays.get("scalar").values());
        assertArrayEquals(new long[] {3}, arrays.get("vector").shape());
        assertArrayEquals(new long[] {2, 3, 4}, arrays.get("fortran").shape());
        assertArrayEquals(range(0, 24), arrays.get("fortran").values());
        assertArrayEquals(new long[] {0, 3}, arrays.get("empty").shape());
        assertArrayEquals(new float[] {1, 1}, arrays.get("group/name").values());
        assertArrayEquals(new float[] {1}, arrays.get("gr\u00f6\u00dfe").values());
        assertArrayEquals(new float[] {65504, 0x1p-24f, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, -0f, 0.33325195f},
                arrays.get("half").values());
        assertArrayEquals(new float[] {0x1.000002p63f, 0x1p64f, 0x1p24f}, arrays.get("big").values());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void everyFormatVersion(int version) {
        FloatArray array = Npy.read(TestFiles.resource("version" + version + ".npy"));
        assertArrayEquals(new long[] {2, 3}, array.shape());
        assertArrayEquals(range(0, 6), array.values());
    }

    @ParameterizedTest
    @ValueSource(strings = {"complex.npy", "struct.npy", "types.h5", "stored.npz"})
    void otherContentIsRefused(String name) {
        String message = assertThrows(ModelFormatException.class, () -> Npy.read(TestFiles.resource(name))).getMessage();
        assertTrue(message.contains(name), message);
    }

    @Test
    void damagedFilesAreRefused() throws IOException {
        byte[] good = Files.readAllBytes(TestFiles.resource("version1.npy"));
        for (int length = 0; length < good.length; length++) {
            Path file = Files.write(folder.resolve("cut.npy"), Arrays.copyOf(good, length));
            assertThrows(ModelFormatException.class, () -> Npy.read(file));
        }
        byte[] archive = Files.readAllBytes(TestFiles.resource("stored.npz"));
        Path file = Files.write(folder.resolve("cut.npz"), Arrays.copyOf(archive, archive.length / 2));
        assertThrows(ModelFormatException.class, () -> Npz.read(file));
        assertThrows(ModelFormatException.class, () -> Npz.read(folder.resolve("missing.npz")));
    }

    private Map<String, FloatArray> sample() {
        Map<String, FloatArray> arrays = new LinkedHashMap<>();
        arrays.put("conv1/7x7", new FloatArray(new long[] {2, 3}, range(0, 6)));
        arrays.put("gr\u00f6\u00dfe", new FloatArray(new long[] {}, new float[] {Float.NaN}));
        arrays.put("v", new FloatArray(new long[] {100_000}, range(0, 100_000)));
        arrays.put("none", new FloatArray(new long[] {0, 4}, new float[0]));
        return arrays;
    }

    @Test
    void archiveReadsBack() {
        Map<String, FloatArray> arrays = sample();
        Npz.write(folder.resolve("a.npz"), arrays);
        Npz.write(folder.resolve("b.npz"), false, sink -> {
            for (var e : arrays.entrySet()) {
                sink.put(e.getKey(), e.getValue().shape(), FloatBuffer.wrap(e.getValue().values()));
            }
        });
        for (String name : List.of("a.npz", "b.npz")) {
            Map<String, FloatArray> read = Npz.read(folder.resolve(name));
            assertEquals(List.copyOf(arrays.keySet()), List.copyOf(read.keySet()));
            arrays.forEach((key, array) -> {
                assertArrayEquals(array.shape(), read.get(key).shape());
                assertArrayEquals(array.values(), read.get(key).values());
            });
        }
    }

    @Test
    void numPyReadsWhatIsWritten() throws IOException, InterruptedException {
        String python = TestFiles.pythonWith("numpy");
        Npz.write(folder.resolve("a.npz"), sample());
        Npy.write(folder.resolve("a.npy"), new long[] {1, 2}, FloatBuffer.wrap(new float[] {0.1f, -3}));
        Process process = new ProcessBuilder(python, "-c", "import numpy as np; z = np.load('a.npz'); a = np.load('a.npy');"
                + "print(ascii(z.files), z['conv1/7x7'].tolist(), z[z.files[1]].shape, z['v'].sum(dtype='f8'), z['v'].dtype,"
                + " z['none'].shape, a.tolist() == [[np.float32(0.1), -3]])").directory(folder.toFile()).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip();
        assertEquals("['conv1/7x7', 'gr\\xf6\\xdfe', 'v', 'none']"
                + " [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]] () 4999950000.0 float32 (0, 4) True", out);
        assertEquals(0, process.waitFor());
    }

    @Test
    void numberOfValuesMustFitTheShape() {
        assertThrows(IllegalArgumentException.class, () -> Npy.write(folder.resolve("x.npy"), new long[] {3}, FloatBuffer.allocate(2)));
        assertEquals(0, folder.toFile().list().length);
    }
}
