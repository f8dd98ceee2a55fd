package org.caffe4j.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.caffe4j.CaffeException;
import org.caffe4j.io.CaffemodelWriter.Hdf5Layer;
import org.caffe4j.proto.BlobProto;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.NetParameter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CaffemodelWriterTest {
    @TempDir
    Path folder;

    private static BlobValues values(float first, long... shape) {
        int count = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
        FloatBuffer data = FloatBuffer.allocate(count);
        for (int i = 0; i < count; i++) {
            data.put(i, first + i);
        }
        return new BlobValues(shape, data, null);
    }

    private static BlobValues withDiff(BlobValues blob, float first) {
        return new BlobValues(blob.shape(), blob.data(), values(first, blob.shape()).data());
    }

    private static List<List<BlobValues>> blobsOf(NetParameter net) {
        List<List<BlobValues>> blobs = new ArrayList<>();
        for (LayerParameter layer : net.getLayerList()) {
            List<BlobValues> own = new ArrayList<>();
            for (BlobProto blob : layer.getBlobsList()) {
                own.add(new BlobValues(BlobProtos.shape(blob), FloatBuffer.wrap(BlobProtos.values(blob, "test")), null));
            }
            blobs.add(own);
        }
        return blobs;
    }

    @ParameterizedTest
    @ValueSource(strings = {"solvers/sgd_fixed/init.caffemodel", "solvers/resume_sgd/snap_iter_6.caffemodel"})
    void byteForByteAsCaffeWritesIt(String name) throws IOException {
        Path recorded = Golden.resource(name);
        NetParameter net = PrototxtReader.readNetBinary(recorded);
        Path file = folder.resolve("copy.caffemodel");
        CaffemodelWriter.write(file, net, blobsOf(net));
        assertArrayEquals(Files.readAllBytes(recorded), Files.readAllBytes(file));
    }

    @Test
    void gradientsScalarsAndLargeBlobs() {
        NetParameter net = PrototxtReader.parseNet("name: 'n' layer { name: 'a' type: 'X' include { phase: TEST } } layer { name: 'b' }",
                "test");
        BlobValues large = withDiff(values(1, 700, 1000), -5);
        Path file = folder.resolve("n.caffemodel");
        CaffemodelWriter.write(file, net, List.of(List.of(large, values(9)), List.of()));
        NetParameter read = PrototxtReader.readNetBinary(file);
        assertEquals(BlobProtos.of(large.shape(), large.data(), large.diff()), read.getLayer(0).getBlobs(0));
        assertEquals(List.of(9f), read.getLayer(0).getBlobs(1).getDataList());
        assertFalse(read.getLayer(0).getBlobs(1).hasShape());
        assertEquals(net.getLayer(0), read.getLayer(0).toBuilder().clearBlobs().build());
        assertEquals(net.getLayer(1), read.getLayer(1));
        try (Weights weights = Weights.read(file)) {
            FloatBuffer diff = FloatBuffer.allocate(700_000);
            weights.layers().get(0).blobs().get(0).copyDiffTo(diff);
            assertEquals(large.diff(), diff.flip());
            assertEquals(large.data(), FloatBuffer.wrap(weights.layers().get(0).blobs().get(0).toArray()));
        }
    }

    @Test
    void moreThanProtobufCanHoldIsRefused() {
        CaffeException e = assertThrows(CaffeException.class, () -> BlobWriter.checkSize(Path.of("x.caffemodel"), 1L << 31));
        assertTrue(e.getMessage().contains("HDF5") && e.getMessage().contains("2147483648"), e.getMessage());
        BlobWriter.checkSize(Path.of("x.caffemodel"), (1L << 31) - 1);
    }

    @Test
    void writerNeedsBlobsForEveryLayer() {
        NetParameter net = PrototxtReader.parseNet("layer { name: 'a' }", "test");
        assertThrows(IllegalArgumentException.class, () -> CaffemodelWriter.write(folder.resolve("x"), net, List.of()));
        assertThrows(IllegalArgumentException.class, () -> new BlobValues(new long[] {3}, FloatBuffer.allocate(2), null));
    }

    private static List<Hdf5Layer> layers() {
        return List.of(
                new Hdf5Layer("conv1", List.of(withDiff(values(1, 2, 3, 5, 7), 100), withDiff(values(-1, 2), 200)), List.of(true, true)),
                new Hdf5Layer("inception_3a/1x1", List.of(values(3, 4, 2)), List.of(true)),
                new Hdf5Layer("inception_3a/relu", List.of(), List.of()),
                new Hdf5Layer("relu", List.of(), List.of()),
                new Hdf5Layer("shared", List.of(withDiff(values(1, 2, 3, 5, 7), 300), values(8, 3)), List.of(false, true)),
                new Hdf5Layer("scalar", List.of(values(5)), List.of(true)));
    }

    @Test
    void hdf5ReadsBackWithSlashesAndSharedParams() {
        Path file = folder.resolve("n.caffemodel.h5");
        CaffemodelWriter.writeHdf5(file, layers());
        assertEquals(1, folder.toFile().list().length);
        try (Weights weights = Weights.read(file)) {
            assertEquals(layers().stream().map(Hdf5Layer::name).sorted().toList(),
                    weights.layers().stream().map(Weights.Layer::name).sorted().toList());
            for (Hdf5Layer layer : layers()) {
                List<WeightBlob> read = weights.layer(layer.name()).orElseThrow().blobs();
                assertEquals(layer.params().size(), read.size());
                for (int i = 0; i < read.size(); i++) {
                    BlobValues written = layer.params().get(i);
                    assertEquals(layer.owned().get(i), read.get(i).stored());
                    if (layer.owned().get(i)) {
                        assertArrayEquals(written.shape(), read.get(i).shape());
                        assertEquals(written.data(), FloatBuffer.wrap(read.get(i).toArray()));
                        assertEquals(written.diff() != null, read.get(i).hasDiff());
                    } else {
                        WeightBlob gap = read.get(i);
                        assertThrows(IllegalStateException.class, gap::toArray);
                    }
                }
            }
            FloatBuffer diff = FloatBuffer.allocate(2);
            weights.layer("conv1").orElseThrow().blobs().get(1).copyDiffTo(diff);
            assertEquals(200, diff.get(0));
        }
    }

    @Test
    void recordedHdf5ReadsBack() {
        Path copy = folder.resolve("copy.h5");
        try (Weights weights = Weights.read(Golden.resource("solvers/resume_adam_h5/snap_iter_6.caffemodel.h5"))) {
            List<Hdf5Layer> layers = new ArrayList<>();
            for (Weights.Layer layer : weights.layers()) {
                List<BlobValues> blobs = layer.blobs().stream()
                        .map(b -> new BlobValues(b.shape(), FloatBuffer.wrap(b.toArray()), null)).toList();
                layers.add(new Hdf5Layer(layer.name(), blobs, blobs.stream().map(b -> true).toList()));
            }
            CaffemodelWriter.writeHdf5(copy, layers);
            try (Weights read = Weights.read(copy)) {
                for (Weights.Layer layer : weights.layers()) {
                    for (int i = 0; i < layer.blobs().size(); i++) {
                        assertArrayEquals(layer.blobs().get(i).toArray(), read.layer(layer.name()).orElseThrow().blobs().get(i).toArray());
                    }
                }
            }
        }
    }

    /** Groups without datasets may lie anywhere in the file, also behind the last dataset. */
    @Test
    void hdf5KeepsLayersWithoutParamsInEveryPlace() {
        Random random = new Random(5);
        for (int net = 0; net < 100; net++) {
            List<Hdf5Layer> layers = new ArrayList<>();
            for (int i = 0; i < 1 + net % 7; i++) {
                String name = (random.nextInt(3) == 0 ? "block/" : "") + "layer" + random.nextInt(1000) + "_" + i;
                boolean learned = random.nextInt(3) == 0;
                layers.add(new Hdf5Layer(name, learned ? List.of(withDiff(values(i, 3), 5)) : List.of(), learned ? List.of(true) : List.of()));
            }
            Path file = folder.resolve("net.h5");
            CaffemodelWriter.writeHdf5(file, layers);
            try (Weights weights = Weights.read(file)) {
                for (Hdf5Layer layer : layers) {
                    List<WeightBlob> blobs = weights.layer(layer.name()).orElseThrow().blobs();
                    assertEquals(layer.params().size(), blobs.size());
                    for (int i = 0; i < blobs.size(); i++) {
                        assertEquals(layer.params().get(i).data(), FloatBuffer.wrap(blobs.get(i).toArray()));
                    }
                }
            }
        }
    }

    @Test
    void hdf5KeepsThousandsOfLayers() {
        List<Hdf5Layer> layers = new ArrayList<>();
        for (int i = 0; i < 2000; i++) {
            layers.add(new Hdf5Layer("a_layer_with_a_rather_long_name_" + i, List.of(values(i, 3)), List.of(true)));
        }
        Path file = folder.resolve("many.h5");
        CaffemodelWriter.writeHdf5(file, layers);
        try (Weights weights = Weights.read(file)) {
            assertEquals(2000, weights.layers().size());
            assertArrayEquals(new float[] {1999, 2000, 2001},
                    weights.layer("a_layer_with_a_rather_long_name_1999").orElseThrow().blobs().get(0).toArray());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a//b", "/a", "a/", "./a", "conv1/0", "conv1"})
    void namesWithoutAPlaceInHdf5AreRefused(String name) {
        Path file = folder.resolve("x.h5");
        List<Hdf5Layer> layers = List.of(new Hdf5Layer("conv1", List.of(values(1, 2)), List.of(true)),
                new Hdf5Layer(name, List.of(values(1, 2)), List.of(true)));
        assertThrows(CaffeException.class, () -> CaffemodelWriter.writeHdf5(file, layers));
        assertFalse(Files.exists(file));
    }

    @Test
    void hdf5LibraryReadsWhatIsWritten() throws IOException, InterruptedException {
        String python = TestFiles.pythonWith("h5py");
        CaffemodelWriter.writeHdf5(folder.resolve("n.h5"), layers());
        SolverSnapshot.writeHdf5(folder.resolve("s.h5"), 7, "n.h5", 2, List.of(values(1, 2, 3)));
        Process process = new ProcessBuilder(python, "-c", "import h5py; f = h5py.File('n.h5'); s = h5py.File('s.h5');"
                + "print(sorted(f['data']), list(f['data/relu']), f['data/conv1/0'].shape, f['data/conv1/0'][1, 2, 4, 6], "
                + "f['diff/conv1/1'][1], f['data/scalar/0'][()], f['data/inception_3a/1x1/0'][3, 1],"
                + " s['iter'][0], s['learned_net'].asstr()[()],"
                + " s['current_step'][0], s['history/0'][()].tolist())").directory(folder.toFile()).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        assertEquals("['conv1', 'inception_3a', 'relu', 'scalar', 'shared'] [] (2, 3, 5, 7) 210.0 201.0 5.0 10.0 7 n.h5 2"
                + " [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]", out);
        assertEquals(0, process.waitFor());
    }
}
