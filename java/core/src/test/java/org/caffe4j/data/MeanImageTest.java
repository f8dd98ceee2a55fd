package org.caffe4j.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.FloatBuffer;
import java.nio.file.Path;
import org.caffe4j.ShapeException;
import org.caffe4j.io.Golden;
import org.caffe4j.io.Npy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MeanImageTest {
    @TempDir
    Path folder;

    @Test
    void acceptsOneValueAChannelAndImagesWithOrWithoutABatchAxis() {
        float[] values = {1, 2, 3, 4, 5, 6};
        assertTrue(MeanImage.of(values, 6).isPerChannel());
        for (long[] shape : new long[][] {{3, 1, 2}, {1, 3, 1, 2}}) {
            MeanImage mean = MeanImage.of(values, shape);
            assertEquals(3, mean.channels());
            assertEquals(1, mean.height());
            assertEquals(2, mean.width());
            assertEquals(6, mean.get(2, 0, 1));
        }
    }

    @Test
    void otherShapesAreRefusedWithTheAcceptedOnes() {
        for (long[] shape : new long[][] {{}, {2, 3}, {2, 3, 1, 1}, {1, 1, 1, 2, 3}, {0}}) {
            String message = assertThrows(ShapeException.class, () -> MeanImage.of(new float[6], shape)).getMessage();
            assertTrue(message.contains("accepted are C (one value a channel), C×H×W and 1×C×H×W"), message);
        }
        assertThrows(ShapeException.class, () -> MeanImage.of(new float[5], 3, 1, 2));
    }

    @Test
    void readsBinaryprotoAndNpy() {
        MeanImage mean = MeanImage.read(Golden.resource("tools/mean.binaryproto"));
        assertEquals(20, mean.height());
        assertEquals(16, mean.width());
        float[] averages = {mean.averaged().get(0, 0, 0), mean.averaged().get(1, 0, 0), mean.averaged().get(2, 0, 0)};
        assertArrayEquals(new float[] {126.049f, 126.325f, 126.735f}, averages, 1e-3f);
        Path npy = folder.resolve("mean.npy");
        Npy.write(npy, new long[] {3}, FloatBuffer.wrap(new float[] {104, 117, 123}));
        assertEquals(123, MeanImage.read(npy).get(2, 7, 7));
        Npy.write(npy, new long[] {3, 2}, FloatBuffer.wrap(new float[6]));
        String message = assertThrows(ShapeException.class, () -> MeanImage.read(npy)).getMessage();
        assertTrue(message.contains("mean.npy") && message.contains("3 2 (6)"), message);
    }

    @Test
    void resizingKeepsConstantsAndInterpolates() {
        MeanImage constant = MeanImage.of(new float[] {7, 7, 7, 7, 9, 9, 9, 9}, 2, 2, 2).resized(5, 3);
        for (int y = 0; y < 5; y++) {
            for (int x = 0; x < 3; x++) {
                assertEquals(7, constant.get(0, y, x), 1e-5);
                assertEquals(9, constant.get(1, y, x), 1e-5);
            }
        }
        MeanImage ramp = MeanImage.of(new float[] {0, 4}, 1, 1, 2).resized(1, 4);
        assertArrayEquals(new float[] {0, 1, 3, 4}, new float[] {ramp.get(0, 0, 0), ramp.get(0, 0, 1), ramp.get(0, 0, 2),
            ramp.get(0, 0, 3)}, 1e-6f);
        assertEquals(104, MeanImage.perChannel(104).resized(3, 3).get(0, 2, 2));
    }
}
