package org.caffe4j.classify;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.TextFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.caffe4j.DataException;
import org.caffe4j.ModelFormatException;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.ShapeException;
import org.caffe4j.TestDevice;
import org.caffe4j.data.MeanImage;
import org.caffe4j.io.Image;
import org.caffe4j.io.Images;
import org.caffe4j.proto.BlobProto;
import org.caffe4j.proto.BlobShape;
import org.caffe4j.proto.NetParameter;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With a net that gives its input of 3×2×2 back, so that what the preprocessing makes can be read from the output. */
class ClassifierTest {
    private static final String INPUT = "layer { name: 'in' type: 'Input' top: 'data' "
        + "input_param { shape { dim: 1 dim: 3 dim: 2 dim: 2 } } }";
    private static final String LAYER = "layer { name: 'ip' type: 'InnerProduct' bottom: 'data' top: 'out' "
        + "inner_product_param { num_output: 12 bias_term: false } }";

    @TempDir
    Path folder;
    private Path net;
    private Path weights;

    @BeforeEach
    void identityNet() throws IOException {
        net = Files.writeString(folder.resolve("deploy.prototxt"), INPUT + LAYER);
        BlobProto.Builder blob = BlobProto.newBuilder().setShape(BlobShape.newBuilder().addDim(12).addDim(12));
        for (int i = 0; i < 144; i++) {
            blob.addData(i / 12 == i % 12 ? 1 : 0);
        }
        NetParameter.Builder param = NetParameter.newBuilder();
        TextFormat.merge(LAYER, param);
        param.getLayerBuilder(0).addBlobs(blob);
        weights = Files.write(folder.resolve("net.caffemodel"), param.build().toByteArray());
    }

    private Classifier.Builder builder() {
        return Classifier.builder().setNet(net).setWeights(weights).optThreads(1).optDevice(TestDevice.device());
    }

    /** Pixel (y, x, c) = 30·y + 3·x + c. */
    private static Image image(int height, int width, int channels) {
        byte[] pixels = new byte[height * width * channels];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) (30 * (i / (width * channels)) + 3 * (i / channels % width) + i % channels);
        }
        return new Image(height, width, channels, pixels);
    }

    private static float[] window(int top, int left, boolean mirror) {
        float[] values = new float[12];
        for (int i = 0; i < 12; i++) {
            int x = mirror ? 1 - i % 2 : i % 2;
            values[i] = 30 * (top + i / 2 % 2) + 3 * (left + x) + i / 4;
        }
        return values;
    }

    @Test
    void centreOfTheResizedImageMinusTheMeanScaled() {
        try (Classifier classifier = builder().optImageDims(5, 4).optMean(1, 2, 3).optInputScale(0.5f).build()) {
            float[] expected = window(1, 1, false);
            for (int i = 0; i < 12; i++) {
                expected[i] = (expected[i] - 1 - i / 4) * 0.5f;
            }
            assertArrayEquals(expected, classifier.predict(List.of(image(5, 4, 3)), false)[0]);
        }
    }

    @Test
    void rgbAndRawScale() {
        try (Classifier classifier = builder().optRgb(true).optRawScale(1).optMean(0.25f, 0, 0).build()) {
            float[] out = classifier.predict(List.of(image(2, 2, 3)), false)[0];
            assertEquals(2 / 255f - 0.25f, out[0], 1e-6);
            assertEquals(1 / 255f, out[4], 1e-6);
            assertEquals(0, out[8], 1e-6);
        }
    }

    @Test
    void oversamplingAveragesTenCrops() {
        try (Classifier classifier = builder().optImageDims(4, 4).build()) {
            double[] mean = new double[12];
            for (int[] corner : new int[][] {{0, 0}, {0, 2}, {2, 0}, {2, 2}, {1, 1}}) {
                for (boolean mirror : new boolean[] {false, true}) {
                    float[] crop = window(corner[0], corner[1], mirror);
                    for (int i = 0; i < 12; i++) {
                        mean[i] += crop[i] / 10.0;
                    }
                }
            }
            float[][] out = classifier.predict(List.of(image(4, 4, 3), image(4, 4, 3), image(4, 4, 3)), true);
            assertEquals(3, out.length);
            for (float[] row : out) {
                for (int i = 0; i < 12; i++) {
                    assertEquals(mean[i], row[i], 1e-4);
                }
            }
        }
    }

    @Test
    void meanImagesBelongToTheResizedImageOrToTheCrop() {
        float[] large = new float[48];
        float[] small = new float[12];
        for (int i = 0; i < 48; i++) {
            large[i] = i % 16;
        }
        for (int i = 0; i < 12; i++) {
            small[i] = i;
        }
        float[] crop = window(1, 1, false);
        try (Classifier classifier = builder().optImageDims(4, 4).optMean(MeanImage.of(large, 1, 3, 4, 4)).build()) {
            float[] out = classifier.predict(List.of(image(4, 4, 3)), false)[0];
            for (int i = 0; i < 12; i++) {
                assertEquals(crop[i] - ((1 + i / 2 % 2) * 4 + 1 + i % 2), out[i]);
            }
        }
        try (Classifier classifier = builder().optImageDims(4, 4).optMean(MeanImage.of(small, 3, 2, 2)).build()) {
            float[] out = classifier.predict(List.of(image(4, 4, 3)), false)[0];
            for (int i = 0; i < 12; i++) {
                assertEquals(crop[i] - i, out[i]);
            }
        }
    }

    @Test
    void shortSideKeepsTheRatio() {
        try (Classifier classifier = builder().optShortSide(4).build()) {
            Image wide = image(4, 8, 3);
            assertArrayEquals(window(1, 3, false), classifier.predict(List.of(wide), false)[0]);
            Image larger = Images.resize(wide, 8, 16);
            Image back = Images.resize(larger, 4, 8);
            assertArrayEquals(classifier.predict(List.of(back), false)[0], classifier.predict(List.of(larger), false)[0]);
        }
    }

    @Test
    void greyIsRepeatedAndAlphaDropped() {
        try (Classifier classifier = builder().build()) {
            assertArrayEquals(new float[] {0, 3, 30, 33, 0, 3, 30, 33, 0, 3, 30, 33},
                classifier.predict(List.of(image(2, 2, 1)), false)[0]);
            assertArrayEquals(window(0, 0, false), classifier.predict(List.of(image(2, 2, 4)), false)[0]);
            assertThrows(ShapeException.class, () -> classifier.predict(List.of(image(2, 2, 2)), false));
        }
    }

    @Test
    void bestClassesWithLabels() throws IOException {
        Path labels = Files.write(folder.resolve("labels.txt"), List.of("a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"));
        Path file = Files.write(folder.resolve("image.png"), Images.encode(image(2, 2, 3), "png"));
        try (Classifier classifier = builder().optLabels(labels).build()) {
            List<Classification> best = classifier.classify(file, 2);
            assertEquals(List.of(new Classification(11, "l", 35), new Classification(7, "h", 34)), best);
            assertEquals(12, classifier.classify(file, 99).size());
            assertThrows(DataException.class, () -> classifier.best(new float[3], 1));
        }
        try (Classifier classifier = builder().optSoftmax(true).build()) {
            float sum = 0;
            for (float p : classifier.predict(List.of(image(2, 2, 3)), true)[0]) {
                sum += p;
            }
            assertEquals(1, sum, 1e-5);
            assertEquals("11", classifier.classify(file, 1).get(0).label());
        }
    }

    @Test
    void refusesLayersWithoutWeights() throws IOException {
        net = Files.writeString(folder.resolve("renamed.prototxt"), INPUT + LAYER.replace("'ip'", "'other'"));
        String message = assertThrows(ModelFormatException.class, () -> builder().build()).getMessage();
        assertTrue(message.contains("[other]") && message.contains("[ip]"), message);
        builder().optMissingWeightsAllowed(true).build().close();
    }

    @Test
    void wrongDescriptionsAreRefused() throws IOException {
        assertThrows(IllegalStateException.class, () -> Classifier.builder().setNet(net).build());
        assertThrows(IllegalStateException.class, () -> builder().optShortSide(3).optImageDims(3, 3).build());
        assertThrows(ShapeException.class, () -> builder().optImageDims(1, 4).build());
        assertThrows(ShapeException.class, () -> builder().optMean(1, 2).build());
        assertThrows(DataException.class, () -> builder().optLabels(folder.resolve("none.txt")));
        net = Files.writeString(folder.resolve("two.prototxt"), INPUT + INPUT.replace("'in'", "'in2'").replace("'data'", "'more'") + LAYER);
        String message = assertThrows(NetDefinitionException.class, () -> builder().build()).getMessage();
        assertTrue(message.contains("2 inputs"), message);
    }

    @Test
    void useAfterCloseIsRefused() {
        Classifier classifier = builder().build();
        classifier.close();
        classifier.close();
        assertThrows(IllegalStateException.class, () -> classifier.predict(List.of(image(2, 2, 3)), false));
    }
}
