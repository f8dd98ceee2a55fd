package org.caffe4j.optimize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.caffe4j.Blob;
import org.caffe4j.Net;
import org.caffe4j.TestDevice;
import org.caffe4j.io.Golden;
import org.caffe4j.io.Npz;
import org.caffe4j.io.PrototxtReader;
import org.caffe4j.proto.NetParameter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole nets, recorded ones, real ones and those of {@code examples/models}: the optimised net gives what the net gives. */
class OptimizedModelsTest {
    static final Path MODELS = Path.of("../../examples/models");

    static List<String> layerCases() throws IOException {
        try (Stream<Path> cases = Files.list(Golden.resource("layers"))) {
            return cases.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("layerCases")
    void recorded(String name) throws IOException {
        replay(Golden.resource("layers").resolve(name), OptimizeOptions.defaults());
    }

    @ParameterizedTest
    @ValueSource(strings = {"lenet_ethereon", "lenet_everpeace_V1", "cifar10_quick_h5", "squeezenet_dc", "mtcnn_kpzhang93_det1",
        "mtcnn_kpzhang93_det2", "mtcnn_kpzhang93_det3"})
    void real(String name) throws IOException {
        replay(Golden.model(name), OptimizeOptions.defaults());
    }

    static void replay(Path folder, OptimizeOptions options) throws IOException {
        NetParameter definition = PrototxtReader.readNet(folder.resolve("net.prototxt")).toBuilder().clearForceBackward().build();
        try (OptimizedPair pair = new OptimizedPair(definition); Stream<Path> files = Files.list(folder)) {
            files.filter(file -> file.getFileName().toString().contains(".caffemodel")).forEach(pair.plain::copyTrainedLayersFrom);
            Npz.read(folder.resolve("in.npz")).forEach((name, array) -> {
                if (!name.endsWith(".diff")) {
                    pair.plain.blobByName(name).reshape(array.shape());
                    pair.plain.blobByName(name).data().set(array.values());
                }
            });
            pair.optimize(options);
            pair.check();
        }
    }

    /**
     * Layout conversions are those of the image and of what a first inner product sees in rows. Values
     * between layers take at most a quarter of what a net needs that keeps each of them; on a GPU, where each layer computes a whole batch of whole
     * images, unless one layer takes as much alone.
     */
    @ParameterizedTest
    @CsvSource({
        "lenet, 1, 2", "cifar10_quick, 1, 2", "cifar10_full, 1, 2", "nin_cifar10, 1, 1", "caffenet, 1, 2", "alexnet, 1, 2", "nin_imagenet, 1, 1",
        "googlenet, 1, 1", "vgg_16, 1, 2", "vgg_19, 1, 2", "resnet_50, 1, 1", "resnet_101, 1, 1", "resnet_152, 1, 1", "squeezenet_1.0, 1, 1",
        "squeezenet_1.1, 1, 1", "mobilenet_v1, 1, 1", "mobilenet_v2, 1, 1", "lenet, 64, 2", "cifar10_quick, 3, 2",
        "cifar10_quick, 10, 2", "cifar10_full, 3, 2", "caffenet, 8, 2", "googlenet, 2, 1", "vgg_16, 2, 2", "mobilenet_v2, 3, 1"
    })
    void example(String name, long batch, int conversions) {
        NetParameter definition = PrototxtReader.readNet(MODELS.resolve(name).resolve("deploy.prototxt"));
        try (OptimizedPair pair = new OptimizedPair(definition)) {
            pair.randomizeWeights();
            long[] shape = pair.plain.inputs().get(0).shape();
            shape[0] = batch;
            boolean anySize = name.startsWith("mobilenet") || name.startsWith("squeezenet");
            if (anySize) {
                shape[2] = 96;
                shape[3] = 96;
            }
            pair.plain.inputs().get(0).reshape(shape);
            pair.randomizeInputs();
            String scores = pair.plain.bottomNames(pair.plain.layers().size() - 1).get(0);
            InferencePlan plan = pair.optimize(scores);
            pair.check(scores);
            assertTrue(plan.reorders() <= conversions, () -> plan.reorders() + " conversions: " + plan.steps());
            assertTakesAQuarter(pair.plain, plan);
            assertEquals(List.of(), plan.steps().stream().filter(step -> step.kernel().contains("ref")).toList());
        }
    }

    /** The nets that solvers test, over inputs in place of their databases: losses and accuracies, and the same memory. */
    @ParameterizedTest
    @ValueSource(strings = {"cifar10_quick", "cifar10_full"})
    void evaluation(String name) {
        NetParameter definition = PrototxtReader.readNet(MODELS.resolve(name).resolve("train_val.prototxt"));
        NetParameter.Builder tested = definition.toBuilder().clearLayer();
        int batch = TestDevice.isGpu() ? 10 : 100; // 100 is the solvers' batch, which takes emulated GPUs too long
        tested.addLayer(PrototxtReader.parseNet("layer { name: 'data' type: 'Input' top: 'data' top: 'label' input_param { shape { dim: " + batch
                + " dim: 3 dim: 32 dim: 32 } shape { dim: " + batch + " } } }", name).getLayer(0));
        definition.getLayerList().stream().filter(layer -> !layer.getType().equals("Data")).forEach(tested::addLayer);
        try (OptimizedPair pair = new OptimizedPair(tested.build())) {
            pair.randomizeWeights();
            pair.randomizeInputs();
            float[] labels = new float[batch];
            for (int i = 0; i < labels.length; i++) {
                labels[i] = i % 10;
            }
            pair.plain.blobByName("label").data().set(labels);
            InferencePlan plan = pair.optimize();
            pair.check();
            assertTakesAQuarter(pair.plain, plan);
        }
    }

    private static void assertTakesAQuarter(Net net, InferencePlan plan) {
        long quarter = bytesOfBlobs(net) / 4, most = TestDevice.isGpu() ? Math.max(quarter, bytesOfLargestLayer(net)) : quarter;
        assertTrue(plan.activationBytes() <= most, () -> plan.activationBytes() + " bytes, may be " + most);
    }

    /** Each blob begins at a multiple of 256 bytes. */
    private static long bytesOfLargestLayer(Net net) {
        return IntStream.range(0, net.layers().size()).filter(i -> !net.layers().get(i).type().equals("Split")).mapToLong(
                i -> Stream.concat(net.bottoms(i).stream(), net.tops(i).stream()).distinct()
                        .mapToLong(blob -> (blob.count() * Float.BYTES + 255) / 256 * 256).sum()).max().orElse(0);
    }

    /** Of all blobs, once each: the tops of a Split are its bottom. */
    private static long bytesOfBlobs(Net net) {
        Set<Blob> blobs = new HashSet<>(net.blobs());
        for (int i = 0; i < net.layers().size(); i++) {
            if (net.layers().get(i).type().equals("Split")) {
                net.tops(i).forEach(blobs::remove);
            }
        }
        return blobs.stream().mapToLong(Blob::count).sum() * Float.BYTES;
    }
}
