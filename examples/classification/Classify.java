import java.nio.file.Path;
import java.util.Locale;
import org.caffe4j.CaffeException;
import org.caffe4j.classify.Classification;
import org.caffe4j.classify.Classifier;
import org.caffe4j.data.MeanImage;

/**
 * Prints the five most probable classes of an image, as Caffe's C++ example does: the image is resized to the net's input, and the mean of
 * each channel over the mean image is subtracted.
 */
public class Classify {
    private static final int TOP = 5;

    public static void main(String[] args) {
        if (args.length != 5) {
            System.err.println("Usage: Classify deploy.prototxt network.caffemodel mean.binaryproto labels.txt img.jpg");
            System.exit(1);
        }
        try (Classifier classifier = Classifier.builder()
                .setNet(Path.of(args[0]))
                .setWeights(Path.of(args[1]))
                .optMean(MeanImage.read(Path.of(args[2])).averaged())
                .optLabels(Path.of(args[3]))
                .build()) {
            System.out.printf("---------- Prediction for %s ----------%n", args[4]);
            for (Classification answer : classifier.classify(Path.of(args[4]), TOP)) {
                System.out.printf(Locale.ROOT, "%.4f - \"%s\"%n", answer.probability(), answer.label());
            }
        } catch (CaffeException e) {
            System.err.println("Classify: " + e.getMessage());
            System.exit(1);
        }
    }
}
