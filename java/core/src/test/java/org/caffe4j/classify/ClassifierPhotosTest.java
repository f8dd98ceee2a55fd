package org.caffe4j.classify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.caffe4j.DataException;
import org.caffe4j.TestDevice;
import org.caffe4j.io.Golden;
import org.caffe4j.optimize.Precision;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A trained net (SqueezeNet) on photographs; skipped where the model is not at hand. The probabilities are those of an independent
 * implementation, the Caffe importer of OpenCV 4 fed with its own bilinear resize, centre crop and mean. They depend on the resize: with
 * Pillow's, which averages when it shrinks, they are 0.60, 0.72 and 0.74.
 */
class ClassifierPhotosTest {

    @ParameterizedTest
    @CsvSource({"chelsea.png,Egyptian cat,0.5946", "coffee.png,espresso,0.6809", "bird.png,lorikeet,0.6965"})
    void squeezeNetNamesWhatThePhotographShows(String photo, String name, float probability) {
        try (Classifier classifier = squeezeNet().optDevice(TestDevice.device()).build()) {
            Classification best = classifier.classify(photos().resolve(photo), 1).get(0);
            assertTrue(best.label().contains(name), best.toString());
            assertEquals(probability, best.probability(), 0.001);
        }
    }

    /** Calibrated with the photographs, integers name the same classes. */
    @Test
    void integersNameTheSame() throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.list(photos())) {
            files = all.sorted().toList();
        }
        try (Classifier floats = squeezeNet().build();
                Classifier integers = squeezeNet().optPrecision(Precision.INT8).optCalibration(files).build()) {
            for (Path file : files) {
                assertEquals(floats.classify(file, 1).get(0).index(), integers.classify(file, 1).get(0).index(), file.toString());
            }
        }
    }

    @Test
    void integersNeedImagesThatCanBeRead() {
        Classifier.Builder builder = squeezeNet().optPrecision(Precision.INT8);
        assertThrows(IllegalArgumentException.class, builder::build);
        assumeTrue(Precision.INT8.isFast(), "int8 is not tested: this processor has neither VNNI nor AMX");
        builder.optCalibration(List.of(Path.of("nowhere.jpg")));
        assertTrue(assertThrows(DataException.class, builder::build).getMessage().contains("nowhere.jpg"));
    }

    private static Classifier.Builder squeezeNet() {
        Path model = Golden.model("squeezenet_dc");
        return Classifier.builder().setNet(model.resolve("net.prototxt")).setWeights(model.resolve("weights.caffemodel")).optShortSide(256)
            .optMean(104, 117, 123).optSoftmax(true).optLabels(photos().resolveSibling("imagenet/synset_words.txt"));
    }

    private static Path photos() {
        Path photos = Golden.model("squeezenet_dc").resolveSibling("../data/photos").normalize();
        assumeTrue(Files.isDirectory(photos), "no photographs in " + photos);
        return photos;
    }
}
