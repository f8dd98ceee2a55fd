package org.caffe4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class BlobTest {
    @Test
    void shapeQuestions() {
        try (Context context = TestDevice.context(1); Blob blob = new Blob(context, 4, 3, 8, 8)) {
            assertEquals("4 3 8 8 (768)", blob.shapeString());
            assertEquals(8, blob.shape(-1));
            assertEquals(192, blob.count(1));
            assertEquals(24, blob.count(1, 3));
            ShapeException e = assertThrows(ShapeException.class, () -> blob.shape(4));
            assertEquals("axis 4 out of range for 4-D Blob with shape 4 3 8 8 (768)", e.getMessage());
            blob.reshape();
            assertEquals("(1)", blob.shapeString());
            assertEquals(1, blob.legacyShape(-4));
        }
    }

    @Test
    void reshapingKeepsValuesUntilThereAreMore() {
        try (Context context = Context.cpu(1); Blob blob = new Blob(context, 2, 3)) {
            assertArrayEquals(new float[6], blob.data().toArray(), "zero before the first touch");
            blob.data().set(1, 2, 3, 4, 5, 6);
            blob.diff().fill(7);
            blob.reshape(2);
            assertArrayEquals(new float[] {1, 2}, blob.data().toArray());
            blob.reshape(3, 2, 1);
            assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6}, blob.data().toArray());
            blob.reshape(7);
            assertArrayEquals(new float[7], blob.data().toArray());
            assertArrayEquals(new float[7], blob.diff().toArray());
            blob.reshape(0, 4);
            assertEquals(0, blob.count());
            assertEquals("0 4 (0)", blob.shapeString());
        }
    }

    @Test
    void handedOutBuffersSurviveCloseAndGarbageCollection() {
        FloatBuffer kept;
        try (Context context = TestDevice.context(1); Blob blob = new Blob(context, 1 << 20)) {
            blob.data().fill(3);
            kept = blob.data().read().duplicate();
        }
        for (int i = 0; i < 5; i++) {
            System.gc();
        }
        assertEquals(3, kept.get(kept.capacity() - 1));
    }

    @Test
    void sharedDataAreSeenByBoth() {
        try (Context context = TestDevice.context(1); Blob a = new Blob(context, 2, 3); Blob b = new Blob(context, 6)) {
            b.shareData(a);
            a.data().set(1, 2, 3, 4, 5, 6);
            assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6}, b.data().toArray());
            assertTrue(b.data().sharesWith(a.data()));
            a.reshape(2, 2);
            assertThrows(ShapeException.class, () -> b.shareData(a));
        }
    }

    @Test
    void useAfterCloseIsAnException() {
        try (Context context = TestDevice.context(1)) {
            Blob blob = new Blob(context, 2);
            blob.close();
            blob.close();
            assertThrows(IllegalStateException.class, () -> blob.data().toArray());
        }
    }

    @Test
    void hugeBlobsFailWithoutTakingTheProcessDown() {
        try (Context context = TestDevice.context(1); Blob blob = new Blob(context, 1L << 55)) {
            NativeMemoryException e = assertThrows(NativeMemoryException.class, () -> blob.data().fill(1));
            assertTrue(e.getMessage().contains("bytes asked for"), e.getMessage());
            assertThrows(ShapeException.class, () -> blob.reshape(1L << 60, 1L << 60));
            assertThrows(ShapeException.class, () -> blob.reshape(-1));
        }
    }

    /** Linux would hand out as many addresses and end the process once they are touched. */
    @Test
    void blobsOfMoreMemoryThanIsLeftFail() throws IOException {
        Path system = Path.of("/proc/meminfo");
        Assumptions.assumeTrue(Files.exists(system), "the system does not say how much memory it has");
        long bytes = 0;
        for (String line : Files.readAllLines(system)) {
            if (line.startsWith("MemTotal:") || line.startsWith("SwapTotal:")) {
                bytes += 1024 * Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        try (Context context = TestDevice.context(1); Blob blob = new Blob(context, bytes / Float.BYTES - (4 << 20))) {
            assertThrows(NativeMemoryException.class, () -> blob.data().put(0, new float[] {1}));
        }
    }
}
