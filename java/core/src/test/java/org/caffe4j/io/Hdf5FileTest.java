package org.caffe4j.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.BufferOverflowException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.caffe4j.DataException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Hdf5FileTest {
    private final Hdf5File file = Hdf5File.open(TestFiles.resource("types.h5"));

    @TempDir
    Path folder;

    @AfterEach
    void close() {
        file.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"le_f4", "be_f4", "le_f8", "be_f8", "le_f2", "be_f2", "i1", "le_i2", "be_i2", "le_i4", "be_i4", "le_i8",
        "be_i8", "u1", "le_u2", "be_u2", "le_u4", "be_u4", "le_u8", "be_u8"})
    void everyTypePlainAndCompressed(String type) {
        float[] expected = new float[12];
        for (int i = 0; i < 12; i++) {
            expected[i] = type.contains("u") ? i : i - 6;
        }
        for (String name : List.of(type, "/gzip/" + type)) {
            FloatArray array = file.read(name);
            assertArrayEquals(new long[] {4, 3}, array.shape());
            assertArrayEquals(expected, array.values(), name);
            FloatBuffer rows = FloatBuffer.allocate(6);
            file.readRows(name, 1, 2, rows);
            assertArrayEquals(Arrays.copyOfRange(expected, 3, 9), rows.array(), name);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"rows", "chunked_rows"})
    void everyRangeOfRows(String name) {
        for (int first = 0; first <= 10; first++) {
            for (int rows = 0; rows <= 10 - first; rows++) {
                FloatBuffer values = FloatBuffer.allocate(6 * rows);
                file.readRows(name, first, rows, values);
                assertFalse(values.hasRemaining());
                for (int i = 0; i < 6 * rows; i++) {
                    assertEquals(6 * first + i, values.get(i));
                }
            }
        }
        assertThrows(IndexOutOfBoundsException.class, () -> file.readRows(name, 9, 2, FloatBuffer.allocate(100)));
        assertThrows(IndexOutOfBoundsException.class, () -> file.readRows(name, -1, 2, FloatBuffer.allocate(100)));
        assertThrows(BufferOverflowException.class, () -> file.readRows(name, 0, 2, FloatBuffer.allocate(11)));
    }

    @Test
    void scalarsTextAndNothing() {
        assertArrayEquals(new long[0], file.shape("scalar"));
        assertArrayEquals(new float[] {2.5f}, file.read("scalar").values());
        assertArrayEquals(new long[] {0, 3}, file.read("empty").shape());
        assertEquals("hello", file.readString("text"));
        assertThrows(DataException.class, () -> file.read("text"));
        assertThrows(DataException.class, () -> file.readString("rows"));
        assertThrows(DataException.class, () -> file.readInt("rows"));
    }

    @Test
    void namesAreListedAndMissingOnesNamed() {
        assertTrue(file.contains("gzip/u1") && file.isDataset("/gzip/u1") && file.contains("gzip") && !file.isDataset("gzip"));
        assertFalse(file.contains("gzip/u1/x") || file.contains("label"));
        assertEquals(20, file.children("gzip").size());
        String message = assertThrows(DataException.class, () -> file.read("label")).getMessage();
        assertTrue(message.contains("label") && message.contains("types.h5") && message.contains("chunked_rows"), message);
        assertThrows(DataException.class, () -> file.read("gzip"));
        assertThrows(DataException.class, () -> file.children("nowhere"));
    }

    @Test
    void otherFilesAreRefused() throws IOException {
        Path text = Files.writeString(folder.resolve("a.h5"), "train.h5\n");
        String message = assertThrows(DataException.class, () -> Hdf5File.open(text)).getMessage();
        assertTrue(message.contains("a.h5") && message.contains("text"), message);
        assertThrows(DataException.class, () -> Hdf5File.open(folder.resolve("missing.h5")));
    }

    @Test
    void dataOfCaffesExamples() {
        try (Hdf5File data = Hdf5File.open(Golden.resource("solvers/adam/data.h5"))) {
            assertArrayEquals(new long[] {24, 2, 8, 8}, data.shape("data"));
            assertArrayEquals(new long[] {24}, data.read("label").shape());
        }
    }
}
