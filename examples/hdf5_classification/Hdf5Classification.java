import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Random;
import org.caffe4j.CaffeException;
import org.caffe4j.Context;
import org.caffe4j.io.Hdf5Writer;
import org.caffe4j.solver.Solver;
import org.caffe4j.solver.SolverFactory;

/**
 * Writes points of two classes to HDF5 files and learns to tell them apart, with logistic regression and with a net of one hidden layer.
 */
public class Hdf5Classification {
    private static final Path FOLDER = Path.of("examples", "hdf5_classification");
    private static final int FEATURES = 4;
    private static final double NOISE = 0.15;

    public static void main(String[] args) throws IOException {
        if (!Files.isDirectory(FOLDER)) {
            System.err.println("Hdf5Classification: there is no folder " + FOLDER.toAbsolutePath()
                    + "; run this in the folder that holds examples/");
            System.exit(1);
        }
        Random random = new Random(1);
        write("train", 7500, random);
        write("test", 2500, random);
        try {
            System.out.printf(Locale.ROOT, "logistic regression: %.3f of the test points are right%n", train("solver.prototxt"));
            System.out.printf(Locale.ROOT, "one hidden layer:    %.3f of the test points are right%n", train("nonlinear_solver.prototxt"));
        } catch (CaffeException e) {
            System.err.println("Hdf5Classification: " + e.getMessage());
            System.exit(1);
        }
    }

    /** Makes NAME.h5 with the datasets {@code data} (N×4) and {@code label} (N), and the list NAME.txt that the net's prototxt names. */
    private static void write(String name, int points, Random random) throws IOException {
        float[] data = new float[points * FEATURES];
        float[] labels = new float[points];
        for (int i = 0; i < points; i++) {
            int label = random.nextInt(2);
            double angle = Math.PI * random.nextDouble();
            // Two half circles, each with its end in the middle of the other.
            float x = (float) ((label == 0 ? Math.cos(angle) : 1 - Math.cos(angle)) + NOISE * random.nextGaussian());
            float y = (float) ((label == 0 ? Math.sin(angle) : 0.5 - Math.sin(angle)) + NOISE * random.nextGaussian());
            // The other two features say nothing new.
            float[] point = {x, y, x - y, 0.5f * x + y};
            System.arraycopy(point, 0, data, i * FEATURES, FEATURES);
            labels[i] = label;
        }
        Path file = FOLDER.resolve(name + ".h5");
        new Hdf5Writer()
                .floats("data", new long[] {points, FEATURES}, FloatBuffer.wrap(data))
                .floats("label", new long[] {points}, FloatBuffer.wrap(labels))
                .write(file);
        Files.writeString(FOLDER.resolve(name + ".txt"), file + "\n");
    }

    private static float train(String solverFile) {
        try (Context context = Context.cpu(1); Solver solver = SolverFactory.open(FOLDER.resolve(solverFile), context)) {
            solver.solve();
            return solver.test(0).stream().filter(output -> output.name().equals("accuracy")).findFirst().orElseThrow().value();
        }
    }
}
