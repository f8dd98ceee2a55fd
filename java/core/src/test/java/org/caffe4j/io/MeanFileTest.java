package org.caffe4j.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.caffe4j.ModelFormatException;
import org.caffe4j.proto.BlobProto;
import org.caffe4j.proto.BlobShape;
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
    void blobsOfDoublesAndInAnyOrderOfFieldsRead() throws IOException {
        BlobShape shape = BlobShape.newBuilder().addDim(2).addDim(1).build();
        byte[] doubles = BlobProto.newBuilder().setShape(shape).addDoubleData(1).addDoubleData(2).build().toByteArray();
        Path file = Files.write(folder.resolve("doubles.binaryproto"), doubles);
        assertArrayEquals(new float[] {1, 2}, MeanFile.read(file).values());
        byte[] shapeFirst = ByteString.copyFrom(BlobProto.newBuilder().setShape(shape).build().toByteArray())
                .concat(BlobProto.newBuilder().addData(3).addData(4).build().toByteString()).toByteArray();
        Files.write(file, shapeFirst);
        assertArrayEquals(new long[] {2, 1}, MeanFile.read(file).shape());
        assertArrayEquals(new float[] {3, 4}, MeanFile.read(file).values());
        Files.write(file, BlobProto.newBuilder().setShape(shape).build().toByteArray());
        String message = assertThrows(ModelFormatException.class, () -> MeanFile.read(file)).getMessage();
        assertTrue(message.contains(file.toString()), message);
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
