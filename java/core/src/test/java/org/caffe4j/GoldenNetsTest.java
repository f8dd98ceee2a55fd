package org.caffe4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.caffe4j.io.FloatArray;
import org.caffe4j.io.Golden;
import org.caffe4j.io.Npz;
import org.caffe4j.io.PrototxtReader;
import org.caffe4j.proto.NetParameter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Replays nets whose inputs, weights, blobs and gradients were recorded from Caffe: one of each layer, small whole nets, real models. */
class GoldenNetsTest {
    /** Sums of floats in another order: 1.5e-5 is seen in gradients of small nets with BatchNorm, 1.9e-6 in outputs of real models. */
    private static final double LAYER_TOLERANCE = 5e-5;
    private static final double MODEL_TOLERANCE = 1e-5;

    static List<String> layerCases() throws IOException {
        try (Stream<Path> cases = Files.list(Golden.resource("layers"))) {
            return cases.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("layerCases")
    void layer(String name) throws IOException {
        replay(Golden.resource("layers").resolve(name), name.equals("BatchNorm_2") ? Phase.TRAIN : Phase.TEST, LAYER_TOLERANCE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"lenet_ethereon", "lenet_everpeace_V1", "cifar10_quick_h5", "squeezenet_dc", "mtcnn_kpzhang93_det1",
        "mtcnn_kpzhang93_det2", "mtcnn_kpzhang93_det3"})
    void model(String name) throws IOException {
        replay(Golden.model(name), Phase.TEST, MODEL_TOLERANCE);
    }

    @Test
    void casesAreThere() throws IOException {
        assertFalse(layerCases().isEmpty());
    }

    private static void replay(Path folder, Phase phase, double tolerance) throws IOException {
        NetParameter definition = PrototxtReader.readNet(folder.resolve("net.prototxt"));
        Map<String, FloatArray> in = Npz.read(folder.resolve("in.npz"));
        Map<String, FloatArray> expected = Npz.read(folder.resolve("expected.npz"));
        try (Context context = TestDevice.context(2); Net net = new Net(definition, phase, context)) {
            List<Path> weights = weights(folder);
            if (!weights.isEmpty()) {
                assertEquals(List.of(), net.copyTrainedLayersFrom(weights.get(0)).missing());
            }
            in.forEach((name, array) -> {
                if (!name.endsWith(".diff")) {
                    net.blobByName(name).reshape(array.shape());
                    net.blobByName(name).data().set(array.values());
                }
            });
            net.forward();
            if (expected.keySet().stream().anyMatch(name -> name.endsWith(".diff"))) {
                in.forEach((name, array) -> {
                    if (name.endsWith(".diff")) {
                        net.blobByName(name.replaceFirst("\\.diff$", "")).diff().set(array.values());
                    }
                });
                net.clearParamDiffs();
                net.backward();
            }
            expected.forEach((name, array) -> compare(net, name, array, tolerance));
        }
    }

    private static void compare(Net net, String name, FloatArray expected, double tolerance) {
        boolean diff = name.endsWith(".diff");
        String stem = diff ? name.replaceFirst("\\.diff$", "") : name;
        Blob blob;
        if (net.hasBlob(stem)) {
            blob = net.blobByName(stem);
        } else {
            int at = stem.lastIndexOf(".param");
            blob = net.layerByName(stem.substring(0, at)).blobs().get(Integer.parseInt(stem.substring(at + ".param".length())));
        }
        Close.check(name, expected, blob.shape(), (diff ? blob.diff() : blob.data()).toArray(), tolerance);
    }

    private static List<Path> weights(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(path -> path.getFileName().toString().contains(".caffemodel")).toList();
        }
    }
}
