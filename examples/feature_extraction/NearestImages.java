import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.caffe4j.CaffeException;
import org.caffe4j.data.Database;
import org.caffe4j.data.DatumReader;
import org.caffe4j.proto.DataParameter.DB;
import org.caffe4j.proto.Datum;

/** Lists the images whose features point most nearly in the direction of another image's features. */
public class NearestImages {
    private static final int SHOWN = 5;

    public static void main(String[] args) throws IOException {
        if (args.length != 3) {
            System.err.println("Usage: NearestImages FEATURES LIST IMAGE\n  FEATURES  LMDB that extract_features wrote\n"
                    + "  LIST      list of the images it read\n  IMAGE     one of them, by the end of its path");
            System.exit(1);
        }
        List<String> images = Files.readAllLines(Path.of(args[1])).stream().map(line -> line.substring(0, line.lastIndexOf(' '))).toList();
        int query = IntStream.range(0, images.size()).filter(i -> images.get(i).endsWith(args[2])).findFirst().orElse(-1);
        if (query < 0) {
            System.err.println("NearestImages: no path in " + args[1] + " ends with " + args[2]);
            System.exit(1);
        }
        try {
            List<float[]> features = read(Path.of(args[0]), images.size());
            IntStream.range(0, images.size()).boxed()
                    .sorted(Comparator.comparingDouble(i -> -cosine(features.get(query), features.get(i))))
                    .limit(SHOWN)
                    .forEach(i -> System.out.printf(Locale.ROOT, "%.4f  %s%n",
                            cosine(features.get(query), features.get(i)), images.get(i)));
        } catch (CaffeException e) {
            System.err.println("NearestImages: " + e.getMessage());
            System.exit(1);
        }
    }

    /** The first so many records; extract_features may have gone around to the first images again to fill its last batch. */
    private static List<float[]> read(Path path, int count) {
        List<float[]> features = new ArrayList<>();
        try (Database database = Database.open(DB.LMDB, path); DatumReader records = new DatumReader(database, path.toString())) {
            for (int i = 0; i < count; i++) {
                Datum datum = records.next();
                float[] values = new float[datum.getFloatDataCount()];
                for (int k = 0; k < values.length; k++) {
                    values[k] = datum.getFloatData(k);
                }
                features.add(values);
            }
        }
        return features;
    }

    private static double cosine(float[] a, float[] b) {
        double product = 0;
        double squaresA = 0;
        double squaresB = 0;
        for (int i = 0; i < a.length; i++) {
            product += (double) a[i] * b[i];
            squaresA += (double) a[i] * a[i];
            squaresB += (double) b[i] * b[i];
        }
        return product / Math.sqrt(squaresA * squaresB);
    }
}
