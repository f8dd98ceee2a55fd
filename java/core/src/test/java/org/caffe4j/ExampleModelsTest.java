package org.caffe4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.caffe4j.io.FloatArray;
import org.caffe4j.io.Golden;
import org.caffe4j.io.Npz;
import org.caffe4j.io.PrototxtReader;
import org.caffe4j.proto.BlobShape;
import org.caffe4j.proto.DummyDataParameter;
import org.caffe4j.proto.FillerParameter;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.NetParameter;
import org.caffe4j.proto.SolverParameter;
import org.caffe4j.solver.Solver;
import org.caffe4j.solver.SolverFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every net of the examples: its published number of parameters, one iteration of its solver, a forward pass of its deploy net. */
class ExampleModelsTest {
    private static final Path MODELS = Path.of("../../examples/models");

    /** Deviation of the noise that stands for images: about a photo's. */
    private static final float GREY_LEVELS = 60;

    /** Counts are those of the published caffemodels, BatchNorm's statistics included; training has more where side losses have weights. */
    @ParameterizedTest
    @CsvSource({
        "lenet, 10, 431080, 431080",
        "cifar10_quick, 10, 145578, 145578",
        "cifar10_full, 10, 89578, 89578",
        "nin_cifar10, 10x1x1, 966986, 966986",
        "caffenet, 1000, 60965224, 60965224",
        "alexnet, 1000, 60965224, 60965224",
        "nin_imagenet, 1000x1x1, 7595176, 7595176",
        "googlenet, 1000, 6998552, 13378280",
        "vgg_16, 1000, 138357544, 138357544",
        "vgg_19, 1000, 143667240, 143667240",
        "resnet_50, 1000, 25610269, 25610269",
        "resnet_101, 1000, 44654608, 44654608",
        "resnet_152, 1000, 60344387, 60344387",
        "squeezenet_1.0, 1000x1x1, 1248424, 1248424",
        "squeezenet_1.1, 1000x1x1, 1235496, 1235496",
        "mobilenet_v1, 1000x1x1, 4253891, 4253891",
        "mobilenet_v2, 1000x1x1, 3540189, 3540189",
        "../finetune_flickr_style, 20, 56950164, 56950164",
    })
    void trainsAndClassifies(String model, String answer, long deployed, long trained) {
        Path folder = MODELS.resolve(model);
        NetParameter deploy = deployForOneImage(folder);
        BlobShape input = deploy.getLayer(0).getInputParam().getShape(0);
        try (Context context = TestDevice.context(2); Solver solver = SolverFactory.create(solver(folder, input), context)) {
            assertEquals(trained, parameters(solver.net()));
            solver.step(1);
            assertTrue(Float.isFinite(solver.smoothedLoss()) && solver.smoothedLoss() > 0, "loss " + solver.smoothedLoss());
            for (LearnableParam param : solver.net().learnableParams()) {
                double gradient = param.blob().diff().asum();
                assertTrue(Double.isFinite(gradient) && (gradient > 0 || param.lrMult() == 0), () -> "gradient " + gradient + " of " + param);
            }
            assertTrue(solver.test(0).stream().anyMatch(value -> value.name().startsWith("accuracy") || value.name().equals("loss3/top-1")));
            try (Net net = new Net(deploy, Phase.TEST, context)) {
                assertEquals(List.of(), net.shareTrainedLayersWith(solver.net()).missing());
                assertEquals(deployed, parameters(net));
                net.blobByName("data").data().copyFrom(solver.net().blobByName("data").data());
                net.forward();
                Blob prob = net.blobByName("prob");
                assertEquals("1x" + answer, LongStream.of(prob.shape()).mapToObj(Long::toString).collect(Collectors.joining("x")));
                assertEquals(1, prob.data().asum(), 1e-4);
            }
        }
    }

    /**
     * Layouts travel through whole nets, forward and backward: what an iteration converts is the weights that the backward pass over data
     * reads, once each, and values and gradients between the last blocked layer and a layer over rows.
     */
    @ParameterizedTest
    @ValueSource(strings = {"lenet", "caffenet", "googlenet", "resnet_50", "squeezenet_1.1", "mobilenet_v2"})
    void anIterationConvertsWeightsOfTheBackwardPassOnly(String model) {
        assumeFalse(TestDevice.isGpu(), "a GPU has one layout");
        Path folder = MODELS.resolve(model);
        BlobShape input = deployForOneImage(folder).getLayer(0).getInputParam().getShape(0);
        try (Context context = TestDevice.context(2); Solver solver = SolverFactory.create(solver(folder, input), context)) {
            solver.step(2);
            long before = context.reorders();
            solver.step(1);
            long reorders = context.reorders() - before;
            Net net = solver.net();
            long bound = 0;
            for (int i = 0; i < net.layers().size(); i++) {
                String type = net.layers().get(i).type();
                if (type.equals("Convolution") && net.bottomNeedsBackward(i, 0) && !model.equals("lenet")) {
                    bound++;
                } else if (type.equals("InnerProduct") || type.equals("SoftmaxWithLoss")) {
                    bound += net.bottoms(i).get(0).numAxes() > 2 && !model.equals("lenet") ? 2 : 0;
                }
            }
            assertTrue(reorders <= bound, reorders + " conversions, expected at most " + bound);
        }
    }

    @Test
    void everyModelIsInTheTableAbove() throws Exception {
        String[] rows = ExampleModelsTest.class.getDeclaredMethod("trainsAndClassifies", String.class, String.class, long.class, long.class)
                .getAnnotation(CsvSource.class).value();
        try (Stream<Path> folders = Files.list(MODELS)) {
            assertArrayEquals(Stream.of(rows).map(row -> row.split(",")[0]).filter(name -> !name.startsWith("..")).sorted().toArray(),
                    folders.filter(Files::isDirectory).map(folder -> folder.getFileName().toString()).sorted().toArray());
        }
    }

    /** Weights trained elsewhere, of the nets whose weights are at hand. */
    @ParameterizedTest
    @CsvSource({"lenet, lenet_ethereon, weights.caffemodel", "cifar10_quick, cifar10_quick_h5, weights.caffemodel.h5"})
    void takesPublishedWeights(String model, String published, String weights) throws IOException {
        Path recorded = Golden.model(published);
        FloatArray image = Npz.read(recorded.resolve("in.npz")).get("data");
        FloatArray expected = Npz.read(recorded.resolve("expected.npz")).get("prob");
        try (Context context = TestDevice.context(1); Net net = new Net(deployForOneImage(MODELS.resolve(model)), Phase.TEST, context)) {
            LoadReport report = net.copyTrainedLayersFrom(recorded.resolve(weights));
            assertEquals(List.of(), report.missing());
            net.inputs().get(0).data().set(image.values());
            net.forward();
            Close.check("prob", expected, net.blobByName("prob").shape(), net.blobByName("prob").data().toArray(), 1e-4);
        }
    }

    private static long parameters(Net net) {
        return net.learnableParams().stream().mapToLong(param -> param.blob().count()).sum();
    }

    private static NetParameter deployForOneImage(Path folder) {
        NetParameter.Builder net = PrototxtReader.readNet(folder.resolve("deploy.prototxt")).toBuilder();
        net.getLayerBuilder(0).getInputParamBuilder().getShapeBuilder(0).setDim(0, 1);
        return net.build();
    }

    /** The solver as it is, but that it sees a single image of noise. */
    private static SolverParameter solver(Path folder, BlobShape input) {
        SolverParameter.Builder solver = PrototxtReader.readSolver(folder.resolve("solver.prototxt")).toBuilder();
        NetParameter net = PrototxtReader.readNet(Path.of("../..").resolve(solver.getNet()));
        // A whole step after one image of noise lets the deepest nets overflow with some initial weights.
        return solver.clearNet().setNetParam(onNoise(net, input)).setTestIter(0, 1).setTestInitialization(false).setIterSize(1)
                .setBaseLr(solver.getBaseLr() / 100).setRandomSeed(1).clearSnapshot().build();
    }

    private static NetParameter onNoise(NetParameter net, BlobShape input) {
        NetParameter.Builder changed = net.toBuilder();
        for (LayerParameter.Builder layer : changed.getLayerBuilderList()) {
            if (layer.getType().equals("Data") || layer.getType().equals("ImageData")) {
                FillerParameter.Builder noise = FillerParameter.newBuilder().setType("gaussian")
                        .setStd(GREY_LEVELS * layer.getTransformParam().getScale());
                layer.setType("DummyData").clearTransformParam().clearDataParam().clearImageDataParam().setDummyDataParam(DummyDataParameter.newBuilder()
                        .addShape(input).addDataFiller(noise)
                        .addShape(BlobShape.newBuilder().addDim(1)).addDataFiller(FillerParameter.newBuilder().setValue(3)));
            }
        }
        return changed.build();
    }
}
