import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.caffe4j.Net;
import org.caffe4j.classify.Classifier;
import org.caffe4j.optimize.Calibration;
import org.caffe4j.optimize.OptimizeOptions;
import org.caffe4j.optimize.Precision;
import org.caffe4j.tools.demo.Digit;
import org.caffe4j.tools.demo.Digits;

/**
 * Classifies the held-out digits in each precision and prints a row of a markdown table for each; int8 is calibrated with digits of the
 * training set. Arguments: digits.csv.gz, the net to classify with and its weights.
 */
class HeldOutDigits {
    private static final int SIZE = 28;
    private static final int MARGIN = 4;
    private static final float SCALE = 1 / 256f;
    private static final int SAMPLES = 50;

    public static void main(String[] args) {
        Digits all = Digits.read(Path.of(args[0]));
        List<Digit> digits = all.heldOut().stream().map(digit -> digit.scaled(SIZE, MARGIN)).toList();
        List<Digit> samples = all.train().stream().limit(SAMPLES).map(digit -> digit.scaled(SIZE, MARGIN)).toList();
        List<float[][]> answers = new ArrayList<>();
        System.out.println("| precision | right of " + digits.size() + " | other answer than f32 | largest change of a probability |");
        System.out.println("|---|---|---|---|");
        for (Precision precision : Precision.values()) {
            try (Classifier classifier = Classifier.builder().setNet(Path.of(args[1])).setWeights(Path.of(args[2])).optInputScale(SCALE)
                    .optOptimize(false).build()) {
                OptimizeOptions options = OptimizeOptions.defaults().precision(precision);
                classifier.net().optimize(options.calibration(Calibration.of(samples.size(), (net, i) -> fill(net, samples.get(i)))));
                answers.add(classifier.predict(digits.stream().map(Digit::image).toList(), false));
                System.out.println("| " + classifier.net().plan().precision() + row(digits, answers.get(0), answers.get(answers.size() - 1)));
            }
        }
    }

    private static void fill(Net net, Digit digit) {
        byte[] pixels = digit.image().pixels();
        net.inputs().get(0).reshape(1, 1, SIZE, SIZE);
        FloatBuffer input = net.inputs().get(0).data().overwrite();
        for (int i = 0; i < pixels.length; i++) {
            input.put(i, (pixels[i] & 0xff) * SCALE);
        }
    }

    private static String row(List<Digit> digits, float[][] reference, float[][] values) {
        int right = 0;
        int other = 0;
        double change = 0;
        for (int i = 0; i < values.length; i++) {
            int answer = largest(values[i]);
            right += answer == digits.get(i).label() ? 1 : 0;
            other += answer == largest(reference[i]) ? 0 : 1;
            for (int k = 0; k < values[i].length; k++) {
                change = Math.max(change, Math.abs(values[i][k] - reference[i][k]));
            }
        }
        return String.format(" | %d | %d | %.4f |", right, other, change);
    }

    private static int largest(float[] values) {
        int at = 0;
        for (int i = 1; i < values.length; i++) {
            at = values[i] > values[at] ? i : at;
        }
        return at;
    }
}
