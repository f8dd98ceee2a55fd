package example;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.caffe4j.Context;
import org.caffe4j.classify.Classification;
import org.caffe4j.classify.Classifier;
import org.caffe4j.io.Image;
import org.caffe4j.layer.data.MemoryDataLayer;
import org.caffe4j.solver.Solver;
import org.caffe4j.solver.SolverFactory;

/** Trains a small net on made-up images of stripes, in memory, and classifies others with it. */
public final class Stripes {
    static final List<String> CLASSES = List.of("horizontal", "vertical", "diagonal");
    private static final int SIZE = 12;

    private Stripes() {}

    /** An image of dark noise with one bright line of a class. */
    static Image image(int kind, Random random) {
        byte[] pixels = new byte[SIZE * SIZE];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) random.nextInt(100);
        }
        int start = random.nextInt(SIZE - 5);
        int line = random.nextInt(SIZE - 5);
        for (int i = 0; i < 6; i++) {
            int y = switch (kind) { case 0 -> line; default -> start + i; };
            int x = switch (kind) { case 0 -> start + i; case 1 -> line; default -> line + i; };
            pixels[y * SIZE + x] = (byte) (180 + random.nextInt(75));
        }
        return new Image(SIZE, SIZE, 1, pixels);
    }

    /** Trains for the solver's max_iter iterations and writes the weights. @return the last smoothed loss */
    static float train(Path solverFile, Path weights) {
        Random random = new Random(7);
        List<Image> images = new ArrayList<>();
        int[] labels = new int[600];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = i % CLASSES.size();
            images.add(image(labels[i], random));
        }
        try (Context context = Context.cpu(); Solver solver = SolverFactory.open(solverFile, context)) {
            ((MemoryDataLayer) solver.net().layerByName("data")).addImages(images, labels);
            solver.step(solver.param().getMaxIter());
            solver.net().save(weights, false);
            return solver.smoothedLoss();
        }
    }

    /** The share of new images that the trained net recognises. */
    static double accuracy(Path deploy, Path weights, int count) {
        Random random = new Random(8);
        int right = 0;
        try (Classifier classifier = Classifier.builder()
                .setNet(deploy)
                .setWeights(weights)
                .optInputScale(1 / 256f)
                .optLabels(CLASSES)
                .build()) {
            for (int i = 0; i < count; i++) {
                int kind = i % CLASSES.size();
                Classification best = classifier.classify(image(kind, random), 1).get(0);
                right += best.label().equals(CLASSES.get(kind)) ? 1 : 0;
            }
        }
        return (double) right / count;
    }

    /** Run in this folder. */
    public static void main(String[] args) {
        Path weights = Path.of("target", "stripes.caffemodel");
        System.out.println("loss " + train(Path.of("solver.prototxt"), weights));
        System.out.println("accuracy " + accuracy(Path.of("deploy.prototxt"), weights, 300));
    }
}
