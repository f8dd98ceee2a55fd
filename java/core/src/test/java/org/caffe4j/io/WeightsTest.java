package org.caffe4j.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.UnknownFieldSet;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.BufferOverflowException;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.caffe4j.ModelFormatException;
import org.caffe4j.proto.BlobProto;
import org.caffe4j.proto.BlobShape;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.NetParameter;
import org.caffe4j.proto.V0LayerParameter;
import org.caffe4j.proto.V1LayerParameter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WeightsTest {
    @TempDir
    Path folder;

    private Path write(byte[] bytes) throws IOException {
        return Files.write(folder.resolve("test.caffemodel"), bytes);
    }

    private static BlobProto blob(long[] shape, float... values) {
        return BlobProtos.of(shape, FloatBuffer.wrap(values), null);
    }

    /** The blobs of every layer, as the whole file parsed by the full schema has them. */
    private static void assertSameAsMessage(Path file) {
        NetParameter net = PrototxtReader.readNetBinary(file);
        try (Weights weights = Weights.read(file)) {
            assertEquals(net.getName(), weights.netName());
            assertEquals(net.getLayerList().stream().filter(l -> !l.getType().equals("Input")).map(LayerParameter::getName).toList(),
                    weights.layers().stream().filter(l -> !l.type().equals("Input")).map(Weights.Layer::name).toList());
            for (LayerParameter layer : net.getLayerList()) {
                if (layer.getBlobsCount() > 0) {
                    Weights.Layer read = weights.layer(layer.getName()).orElseThrow();
                    assertEquals(layer.getType(), read.type());
                    assertEquals(layer.getBlobsCount(), read.blobs().size());
                    for (int i = 0; i < layer.getBlobsCount(); i++) {
                        assertArrayEquals(BlobProtos.shape(layer.getBlobs(i)), read.blobs().get(i).shape());
                        assertEquals(BlobProtos.legacyShape(layer.getBlobs(i)), read.blobs().get(i).legacyShape());
                        assertArrayEquals(BlobProtos.values(layer.getBlobs(i), "test"), read.blobs().get(i).toArray());
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tools/upgrade/v1_binary/old.caffemodel", "tools/upgrade/v1_binary/expected.caffemodel",
        "solvers/sgd_fixed/init.caffemodel", "solvers/resume_sgd/snap_iter_6.caffemodel"})
    void recordedModels(String name) {
        assertSameAsMessage(Golden.resource(name));
    }

    @ParameterizedTest
    @ValueSource(strings = {"lenet_ethereon", "lenet_everpeace_V1", "mtcnn_kpzhang93_det1", "mtcnn_kpzhang93_det3", "squeezenet_dc",
        "wechat_sr"})
    void realModels(String name) {
        assertSameAsMessage(Golden.model(name).resolve("weights.caffemodel"));
    }

    @Test
    void recordedHdf5Model() {
        try (Weights weights = Weights.read(Golden.resource("solvers/resume_adam_h5/snap_iter_6.caffemodel.h5"))) {
            assertTrue(weights.ownedOnly());
            assertEquals(List.of("conv", "data", "ip", "loss", "pool", "relu"),
                    weights.layers().stream().map(Weights.Layer::name).sorted().toList());
            List<WeightBlob> conv = weights.layer("conv").orElseThrow().blobs();
            assertArrayEquals(new long[] {4, 2, 3, 3}, conv.get(0).shape());
            assertArrayEquals(new long[] {4}, conv.get(1).shape());
            assertTrue(weights.layer("relu").orElseThrow().blobs().isEmpty());
            double sum = 0;
            for (float value : conv.get(0).toArray()) {
                sum += Math.abs(value);
            }
            assertTrue(sum > 0.1 && sum < 72, "sum " + sum);
        }
    }

    @Test
    void realHdf5Model() {
        try (Weights weights = Weights.read(Golden.model("cifar10_quick_h5").resolve("weights.caffemodel.h5"))) {
            assertArrayEquals(new long[] {32, 3, 5, 5}, weights.layer("conv1").orElseThrow().blobs().get(0).shape());
            assertArrayEquals(new long[] {10}, weights.layer("ip2").orElseThrow().blobs().get(1).shape());
        }
    }

    @Test
    void nestedV0Layers() throws IOException {
        NetParameter net = NetParameter.newBuilder().addLayers(V1LayerParameter.newBuilder().addTop("c").setLayer(
                V0LayerParameter.newBuilder().setName("conv1").setType("conv").addBlobs(
                        BlobProto.newBuilder().setNum(1).setChannels(1).setHeight(1).setWidth(2).addData(3).addData(4)))).build();
        try (Weights weights = Weights.read(write(net.toByteArray()))) {
            Weights.Layer layer = weights.layer("conv1").orElseThrow();
            assertEquals("Convolution", layer.type());
            assertArrayEquals(new float[] {3, 4}, layer.blobs().get(0).toArray());
            assertTrue(layer.blobs().get(0).fits(2) && layer.blobs().get(0).fits(1, 2) && layer.blobs().get(0).fits(1, 1, 1, 2));
            assertFalse(layer.blobs().get(0).fits(1) || layer.blobs().get(0).fits(2, 1) || layer.blobs().get(0).fits(1, 1, 1, 1, 2));
        }
    }

    @Test
    void onlyLegacyShapesAreFilledUp() {
        WeightBlob modern = BlobProtos.view(blob(new long[] {1, 2}, 3, 4), "test");
        assertTrue(modern.fits(1, 2));
        assertFalse(modern.fits(2) || modern.fits(1, 1, 2));
    }

    @Test
    void doublesGradientsAndBothFormsOfPacking() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        for (int i = 0; i < 300_000; i++) {
            out.writeFloat(5, i);
        }
        for (int i = 0; i < 300_000; i++) {
            out.writeDouble(9, -i);
        }
        out.writeByteArray(7, new byte[] {8, (byte) 0xe0, (byte) 0xa7, 0x12});
        out.flush();
        BlobProto unpacked = BlobProto.parseFrom(bytes.toByteArray());
        assertEquals(300_000, unpacked.getDataCount());
        assertEquals(300_000, unpacked.getShape().getDim(0));
        ByteArrayOutputStream net = new ByteArrayOutputStream();
        CodedOutputStream layer = CodedOutputStream.newInstance(net);
        byte[] doubles = BlobProto.newBuilder().setShape(BlobShape.newBuilder().addDim(1).addDim(3)).addData(7).addDoubleData(0.1)
                .addDoubleData(2).addDoubleData(3).build().toByteArray();
        ByteArrayOutputStream inner = new ByteArrayOutputStream();
        CodedOutputStream innerOut = CodedOutputStream.newInstance(inner);
        innerOut.writeByteArray(7, bytes.toByteArray());
        innerOut.writeByteArray(7, doubles);
        innerOut.writeString(1, "late name");
        innerOut.flush();
        layer.writeByteArray(100, inner.toByteArray());
        layer.flush();
        try (Weights weights = Weights.read(write(net.toByteArray()))) {
            List<WeightBlob> blobs = weights.layer("late name").orElseThrow().blobs();
            float[] values = blobs.get(0).toArray();
            FloatBuffer gradients = FloatBuffer.allocate(300_000);
            blobs.get(0).copyDiffTo(gradients);
            for (int i = 0; i < 300_000; i++) {
                assertEquals(i, values[i]);
                assertEquals(-i, gradients.get(i), 0);
            }
            assertArrayEquals(new float[] {0.1f, 2, 3}, blobs.get(1).toArray());
            assertFalse(blobs.get(1).hasDiff());
            assertThrows(IllegalStateException.class, () -> blobs.get(1).copyDiffTo(FloatBuffer.allocate(3)));
            assertThrows(BufferOverflowException.class, () -> blobs.get(1).copyTo(FloatBuffer.allocate(2)));
        }
    }

    /** A fork's own fields, whatever their numbers and wire types, do not get in the way of names and blobs. */
    @Test
    void fieldsOfForksAreSkipped() throws IOException {
        UnknownFieldSet foreign = UnknownFieldSet.newBuilder()
                .mergeField(148, UnknownFieldSet.Field.newBuilder().addFixed32(1).build())
                .mergeField(106, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
                .mergeField(145, UnknownFieldSet.Field.newBuilder()
                        .addLengthDelimited(ByteString.copyFromUtf8("prefix\u0000\u0007")).build())
                .mergeField(8266711, UnknownFieldSet.Field.newBuilder().addGroup(UnknownFieldSet.newBuilder()
                        .mergeField(3, UnknownFieldSet.Field.newBuilder().addFixed64(1).build()).build()).build())
                .build();
        byte[] layer = LayerParameter.newBuilder().setName("a").setType("MatWrite").addBlobs(blob(new long[] {2}, 1, 2)).build()
                .toByteArray();
        byte[] both = Arrays.copyOf(layer, layer.length + foreign.getSerializedSize());
        System.arraycopy(foreign.toByteArray(), 0, both, layer.length, foreign.getSerializedSize());
        ByteArrayOutputStream net = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(net);
        out.writeByteArray(100, both);
        out.flush();
        assertThrows(ModelFormatException.class, () -> PrototxtReader.readNetBinary(write(net.toByteArray())));
        try (Weights weights = Weights.read(write(net.toByteArray()))) {
            assertArrayEquals(new float[] {1, 2}, weights.layer("a").orElseThrow().blobs().get(0).toArray());
        }
    }

    private void assertRefused(byte[] content, String... parts) throws IOException {
        Path file = write(content);
        String message = assertThrows(ModelFormatException.class, () -> Weights.read(file).close()).getMessage();
        for (String part : parts) {
            assertTrue(message.contains(part), () -> "expected '" + part + "' in: " + message);
        }
        assertTrue(message.contains(file.toString()), message);
    }

    @Test
    void filesOfOtherKindsAreNamed() throws IOException {
        assertRefused("version https://git-lfs.github.com/spec/v1\noid sha256:1\n".getBytes(StandardCharsets.UTF_8), "git-lfs", "byte");
        assertRefused("<!DOCTYPE html>\n<html></html>".getBytes(StandardCharsets.UTF_8), "HTML");
        assertRefused("name: \"net\"\nlayer { }\n".getBytes(StandardCharsets.UTF_8), "text");
        assertRefused(new byte[0], "empty");
        assertRefused(Files.readAllBytes(Golden.resource("solvers/resume_sgd/snap_iter_6.solverstate")), "solver state", "byte");
        assertRefused(Files.readAllBytes(Golden.resource("solvers/resume_adam_h5/snap_iter_6.solverstate.h5")), "solver state");
        assertRefused(BlobProto.newBuilder().setNum(1).setChannels(1).setHeight(1).setWidth(1).addData(1).build().toByteArray(),
                "mean image", "byte");
        assertRefused(Files.readAllBytes(TestFiles.resource("types.h5")), "no group \"data\"");
        assertRefused(Files.readAllBytes(TestFiles.resource("stored.npz")), "zip");
        assertThrows(ModelFormatException.class, () -> Weights.read(folder.resolve("missing")));
        assertThrows(ModelFormatException.class, () -> Weights.read(folder));
    }

    @Test
    void countsThatDisagreeAreRefused() throws IOException {
        assertRefused(NetParameter.newBuilder().addLayer(LayerParameter.newBuilder().setName("fc").addBlobs(
                BlobProto.newBuilder().setShape(BlobShape.newBuilder().addDim(3)).addData(1))).build().toByteArray(), "'fc'", "[3]", "1");
        assertRefused(NetParameter.newBuilder().addLayer(LayerParameter.newBuilder().setName("fc").addBlobs(
                BlobProto.newBuilder().setShape(BlobShape.newBuilder().addDim(-3)))).build().toByteArray(), "'fc'", "[-3]");
        Path file = write(NetParameter.newBuilder().addLayer(LayerParameter.newBuilder().setName("fc").addBlobs(
                BlobProto.newBuilder().setShape(BlobShape.newBuilder().addDim(1L << 40).addDim(1L << 20)))).build().toByteArray());
        try (Weights weights = Weights.read(file)) {
            assertThrows(ModelFormatException.class, () -> weights.layers().get(0).blobs().get(0).toArray());
        }
    }

    @Test
    void closedFileIsMisuse() {
        Weights weights = Weights.read(Golden.resource("solvers/sgd_fixed/init.caffemodel"));
        weights.close();
        weights.close();
        assertThrows(IllegalStateException.class, () -> weights.layer("conv").orElseThrow().blobs().get(0).toArray());
    }

    /** Whatever happened to the file: it loads, or it is refused by the one exception. */
    @Test
    void mutatedFilesNeverDoWorse() throws IOException {
        byte[] good = Files.readAllBytes(Golden.resource("solvers/sgd_fixed/init.caffemodel"));
        long seed = Long.getLong("caffe4j.seed", System.nanoTime());
        System.out.println("WeightsTest.mutatedFilesNeverDoWorse: -Dcaffe4j.seed=" + seed);
        Random random = new Random(seed);
        int refused = 0;
        for (int i = 0; i < 2000; i++) {
            byte[] bytes = i % 4 == 0 ? Arrays.copyOf(good, random.nextInt(good.length)) : good.clone();
            for (int n = i % 4 == 0 ? 0 : 1 + random.nextInt(4); n > 0; n--) {
                int at = i % 4 == 1 ? random.nextInt(60) : random.nextInt(bytes.length);
                bytes[at] = (byte) random.nextInt();
            }
            Path file = write(bytes);
            try (Weights weights = Weights.read(file)) {
                for (Weights.Layer layer : weights.layers()) {
                    for (WeightBlob blob : layer.blobs()) {
                        assertEquals(blob.count(), blob.toArray().length);
                    }
                }
            } catch (ModelFormatException e) {
                refused++;
                assertTrue(e.getMessage().contains(file.toString()), e.getMessage());
            }
        }
        assertTrue(refused > 500, "refused " + refused + " with seed " + seed);
    }
}
