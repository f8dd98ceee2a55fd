import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import org.caffe4j.io.FloatArray;
import org.caffe4j.io.Npz;

/**
 * Compares a NumPy archive with the recorded one: {@code java -cp caffe4j.jar CompareNpz.java EXPECTED ACTUAL}. Every array of the
 * recorded archive must be there and differ by no more than 2e-4 of its largest value.
 */
class CompareNpz {
    private static final double TOLERANCE = 2e-4;

    public static void main(String[] args) {
        Map<String, FloatArray> expected = Npz.read(Path.of(args[0]));
        Map<String, FloatArray> actual = Npz.read(Path.of(args[1]));
        boolean same = !expected.isEmpty();
        for (Map.Entry<String, FloatArray> entry : expected.entrySet()) {
            float[] want = entry.getValue().values();
            FloatArray found = actual.get(entry.getKey());
            double worst = found == null || found.values().length != want.length ? Double.POSITIVE_INFINITY : difference(want, found.values());
            same &= worst <= TOLERANCE;
            System.out.printf(Locale.ROOT, "%-24s %8d values, difference %.1e of the largest%n", entry.getKey(), want.length, worst);
        }
        System.exit(same ? 0 : 1);
    }

    private static double difference(float[] want, float[] found) {
        double largest = 1e-30;
        double worst = 0;
        for (int i = 0; i < want.length; i++) {
            largest = Math.max(largest, Math.abs(want[i]));
            worst = Double.isNaN(found[i]) ? Double.POSITIVE_INFINITY : Math.max(worst, Math.abs(want[i] - found[i]));
        }
        return worst / largest;
    }
}
