package org.caffe4j.classify;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.caffe4j.DataException;
import org.caffe4j.TestDevice;
import org.caffe4j.classify.Detector.Box;
import org.caffe4j.data.MeanImage;
import org.caffe4j.io.Image;
import org.caffe4j.proto.BlobProto;
import org.caffe4j.proto.BlobShape;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.NetParameter;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The net gives back its input of 1×8×8, so that a prediction is what a window became. */
class DetectorTest {
    private static final int SIZE = 8;
    private static final int COUNT = SIZE * SIZE;

    @TempDir
    Path folder;

    @BeforeEach
    void identityNet() throws IOException {
        Files.writeString(folder.resolve("net.prototxt"), "layer { name: 'in' type: 'Input' top: 'data' input_param { shape { dim: 2 dim: 1 "
            + "dim: 8 dim: 8 } } } layer { name: 'ip' type: 'InnerProduct' bottom: 'data' top: 'out' "
            + "inner_product_param { num_output: 64 bias_term: false } }");
        BlobProto.Builder blob = BlobProto.newBuilder().setShape(BlobShape.newBuilder().addDim(COUNT).addDim(COUNT));
        for (int i = 0; i < COUNT * COUNT; i++) {
            blob.addData(i / COUNT == i % COUNT ? 1 : 0);
        }
        NetParameter net = NetParameter.newBuilder().addLayer(LayerParameter.newBuilder().setName("ip").setType("InnerProduct").addBlobs(blob)).build();
        Files.write(folder.resolve("net.caffemodel"), net.toByteArray());
    }

    private Classifier.Builder builder() {
        return Classifier.builder().setNet(folder.resolve("net.prototxt")).setWeights(folder.resolve("net.caffemodel")).optThreads(1).optDevice(TestDevice.device());
    }

    /** Pixel (y, x) = 10·y + x. */
    private static Image image(int size) {
        byte[] pixels = new byte[size * size];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) (10 * (i / size) + i % size);
        }
        return new Image(size, size, 1, pixels);
    }

    @Test
    void aWindowOfTheInputsSizeIsTakenAsItIs() {
        try (Classifier classifier = builder().optMean(5).optInputScale(2).build()) {
            float[] out = new Detector(classifier, 0).detect(image(12), List.of(new Box(3, 2, 11, 10))).get(0).prediction();
            for (int i = 0; i < COUNT; i++) {
                assertEquals((10 * (3 + i / SIZE) + 2 + i % SIZE - 5) * 2, out[i], 1e-4);
            }
        }
    }

    @Test
    void withContextTheWindowGrowsAroundItsCentre() {
        // Half sides of 6, centre 8: with 1 of 8 pixels on each side the window grows to the rows and columns 0 to 15, and is halved.
        try (Classifier classifier = builder().build()) {
            float[] out = new Detector(classifier, 1).detect(image(16), List.of(new Box(2, 2, 13, 13))).get(0).prediction();
            for (int i = 0; i < COUNT; i++) {
                assertEquals(10 * (2 * (i / SIZE) + 0.5) + 2 * (i % SIZE) + 0.5, out[i], 1e-4);
            }
        }
    }

    @Test
    void whatLiesOutsideTheImageBecomesZeroInTheNet() {
        byte[] pixels = new byte[400];
        Arrays.fill(pixels, (byte) 100);
        Image gray = new Image(20, 20, 1, pixels);
        for (MeanImage mean : List.of(MeanImage.perChannel(40), MeanImage.of(filled(40), 1, SIZE, SIZE))) {
            try (Classifier classifier = builder().optMean(mean).build()) {
                // Half sides of 3, centre 3: the rows and columns -1 to 6, the first of which is outside.
                float[] out = new Detector(classifier, 1).detect(gray, List.of(new Box(0, 0, 5, 5))).get(0).prediction();
                float[] expected = filled(60);
                Arrays.fill(expected, 0, SIZE, 0);
                for (int y = 0; y < SIZE; y++) {
                    expected[y * SIZE] = 0;
                }
                assertArrayEquals(expected, out);
            }
        }
    }

    private static float[] filled(float value) {
        float[] values = new float[COUNT];
        Arrays.fill(values, value);
        return values;
    }

    @Test
    void windowsBeyondABatchKeepTheirOrder() {
        try (Classifier classifier = builder().build()) {
            List<Box> boxes = IntStream.range(0, 11).mapToObj(i -> new Box(i, 0, i + SIZE, SIZE)).toList();
            List<Detector.Detection> found = new Detector(classifier, 0).detect(image(20), boxes);
            for (int i = 0; i < boxes.size(); i++) {
                assertEquals(boxes.get(i), found.get(i).box());
                assertEquals(10 * i, found.get(i).prediction()[0]);
            }
        }
    }

    @Test
    void windowsThatHaveNothingOfTheImage() {
        try (Classifier classifier = builder().build()) {
            for (int context : new int[] {0, 2}) {
                Detector detector = new Detector(classifier, context);
                for (Box box : List.of(new Box(40, 40, 50, 50), new Box(0, -60, 10, -50))) {
                    String message = assertThrows(DataException.class, () -> detector.detect(image(12), List.of(box))).getMessage();
                    assertTrue(message.startsWith("the window " + box + " has no pixel inside the image"), message);
                }
            }
            assertThrows(IllegalArgumentException.class, () -> new Detector(classifier, 4));
            assertThrows(IllegalArgumentException.class, () -> new Detector(classifier, -1));
        }
    }
}
