import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.caffe4j.classify.Classifier;
import org.caffe4j.optimize.Precision;
import org.caffe4j.tools.demo.Digit;
import org.caffe4j.tools.demo.Digits;

/**
 * Classifies the held-out digits in float and in bf16 and prints a row of a markdown table for each. Arguments: digits.csv.gz, the net to
 * classify with and its weights.
 */
class HeldOutDigits {
    private static final int SIZE = 28;
    private static final int MARGIN = 4;
    private static final float SCALE = 1 / 256f;

    public static void main(String[] args) {
        List<Digit> digits = Digits.read(Path.of(args[0])).heldOut().stream().map(digit -> digit.scaled(SIZE, MARGIN)).toList();
        List<float[][]> all = new ArrayList<>();
        System.out.println("| precision | right of " + digits.size() + " | other answer than f32 | largest change of a probability |");
        System.out.println("|---|---|---|---|");
        for (Precision precision : Precision.values()) {
            try (Classifier classifier = Classifier.builder().setNet(Path.of(args[1])).setWeights(Path.of(args[2])).optInputScale(SCALE)
                    .optPrecision(precision).build()) {
                all.add(classifier.predict(digits.stream().map(Digit::image).toList(), false));
                System.out.println("| " + classifier.net().plan().precision() + row(digits, all.get(0), all.get(all.size() - 1)));
            }
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
