package org.caffe4j.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.FloatBuffer;
import java.nio.file.Path;
import org.caffe4j.ModelFormatException;
import org.caffe4j.proto.BlobProto;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MeanFileTest {
    @TempDir
    Path folder;

    @Test
    void readsBackInCaffesForm() {
        float[] values = {1, 2, 3, 4, 5, 6};
        Path file = folder.resolve("mean.binaryproto");
        MeanFile.write(file, 1, 2, 3, FloatBuffer.wrap(values));
        FloatArray mean = MeanFile.read(file);
        assertArrayEquals(new long[] {1, 1, 2, 3}, mean.shape());
        assertArrayEquals(values, mean.values());
        BlobProto blob = PrototxtReader.readBinary(file, BlobProto.getDefaultInstance());
        assertTrue(blob.hasNum() && !blob.hasShape());
        assertThrows(IllegalArgumentException.class, () -> MeanFile.write(file, 1, 2, 2, FloatBuffer.wrap(values)));
    }

    @Test
    void numPyMeansRead() {
        assertArrayEquals(new long[] {2, 3}, MeanFile.read(TestFiles.resource("version1.npy")).shape());
    }

    @Test
    void recordedMean() {
        FloatArray mean = MeanFile.read(Golden.resource("tools/mean.binaryproto"));
        assertEquals(4, mean.shape().length);
        assertEquals(1, mean.shape()[0]);
    }

    @Test
    void otherFilesAreNamed() {
        String message = assertThrows(ModelFormatException.class,
                () -> MeanFile.read(Golden.resource("solvers/sgd_fixed/init.caffemodel"))).getMessage();
        assertTrue(message.contains("mean image") && message.contains("NetParameter"), message);
        assertThrows(ModelFormatException.class, () -> MeanFile.read(folder.resolve("missing")));
    }
}
