package org.caffe4j.classify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.caffe4j.TestDevice;
import org.caffe4j.io.Golden;
import org.caffe4j.layer.LayerRegistry;
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
        Path model = Golden.model("squeezenet_dc");
        Path data = model.resolveSibling("../data").normalize();
        assumeTrue(Files.isDirectory(data.resolve("photos")), "no photographs in " + data);
        List<String> needed = List.of("Pooling", "Concat", "Dropout");
        assumeTrue(LayerRegistry.types().containsAll(needed), "the net needs the layer types " + needed);
        try (Classifier classifier = Classifier.builder().optDevice(TestDevice.device()).setNet(model.resolve("net.prototxt"))
            .setWeights(model.resolve("weights.caffemodel")).optShortSide(256).optMean(104, 117, 123).optSoftmax(true).optLabels(data.resolve("imagenet/synset_words.txt")).build()) {
            Classification best = classifier.classify(data.resolve("photos").resolve(photo), 1).get(0);
            assertTrue(best.label().contains(name), best.toString());
            assertEquals(probability, best.probability(), 0.001);
        }
    }
}
