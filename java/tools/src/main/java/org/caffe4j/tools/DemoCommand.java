package org.caffe4j.tools;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.caffe4j.CaffeException;
import org.caffe4j.Context;
import org.caffe4j.DataException;
import org.caffe4j.LogNumbers;
import org.caffe4j.classify.Classifier;
import org.caffe4j.io.Images;
import org.caffe4j.io.PrototxtReader;
import org.caffe4j.proto.SolverParameter;
import org.caffe4j.solver.OutputValue;
import org.caffe4j.solver.Solver;
import org.caffe4j.solver.SolverListener;
import org.caffe4j.tools.SignalEffects.Effect;
import org.caffe4j.tools.demo.AnswerGrid;
import org.caffe4j.tools.demo.Digit;
import org.caffe4j.tools.demo.Digits;
import org.caffe4j.tools.demo.TrainingCurves;
import org.caffe4j.tools.picture.Picture;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * {@code caffe demo}: trains LeNet on the handwritten digits of {@code examples/digits} as {@code caffe train} does, classifies digits it
 * has not seen with the written model, and leaves the model and pictures of all that in the folder {@code demo} of the working directory.
 */
@Command(description = "Trains LeNet on handwritten digits and classifies others with it; leaves the model and pictures in demo/.",
        sortOptions = false)
final class DemoCommand extends ToolCommand {
    private static final Path FOLDER = Path.of("demo");
    private static final Path EXAMPLE = Path.of("examples", "digits");
    private static final int SIZE = 28;
    private static final int MARGIN = 4;
    /** What training may move a digit by: its images are larger by this on each side, and the net takes a random part of its own size. */
    private static final int SHIFT = 2;
    private static final float SCALE = 1 / 256f;
    private static final double WANTED = 0.98;

    @Mixin
    private ThreadsFlag threads;

    @Override
    boolean answersInWords() {
        return true;
    }

    @Override
    public Integer call() throws IOException {
        Path home = home();
        System.out.println("Making databases of the digits in " + home.resolve(EXAMPLE).resolve("digits.csv.gz") + " ...");
        Digits digits = Digits.read(home.resolve(EXAMPLE).resolve("digits.csv.gz"));
        List<Digit> train = digits.train().stream().map(digit -> digit.scaled(SIZE + 2 * SHIFT, MARGIN + SHIFT)).toList();
        List<Digit> heldOut = digits.heldOut().stream().map(digit -> digit.scaled(SIZE, MARGIN)).toList();
        Files.createDirectories(FOLDER);
        write(train, FOLDER.resolve("digits_train_lmdb"));
        write(heldOut, FOLDER.resolve("digits_test_lmdb"));

        SolverParameter solver = PrototxtReader.readSolver(home.resolve(EXAMPLE).resolve("lenet_solver.prototxt"));
        System.out.printf(Locale.ROOT, "Training LeNet on %d digits; %d others are held out for testing.%n", train.size(), heldOut.size());
        TrainingCurves curves = new TrainingCurves();
        long start = System.nanoTime();
        Path model = train(solver.toBuilder().setNet(home.resolve(solver.getNet()).toString()).build(), curves);
        System.out.printf(Locale.ROOT, "Trained for %.1f s: %.1f %% of the held-out digits are right.%n", (System.nanoTime() - start) / 1e9,
                100 * curves.accuracy());
        List<Integer> answers = classify(heldOut, home.resolve(EXAMPLE).resolve("lenet.prototxt"), model);
        long right = IntStream.range(0, answers.size())
                .filter(i -> answers.get(i) == heldOut.get(i).label()).count();
        System.out.printf(Locale.ROOT, "The classifier, from the written model, has %d of %d right.%n", right, answers.size());

        Path curvesPng = FOLDER.resolve("curves.png");
        Path answersPng = FOLDER.resolve("answers.png");
        drawing(() -> curves.draw(curvesPng));
        drawing(() -> AnswerGrid.draw(heldOut, answers, answersPng));
        Path example = FOLDER.resolve("digit_" + heldOut.get(0).label() + ".png");
        Files.write(example, Images.encode(heldOut.get(0).image(), "png"));
        System.out.print(conclusion(model, curvesPng, answersPng, example));
        if (right < WANTED * answers.size()) {
            throw new CaffeException(String.format(Locale.ROOT, "Only %d of %d held-out digits are right, expected at least %.0f %%; a change of"
                    + " the example's files, or of the build, spoils the training.", right, answers.size(), 100 * WANTED));
        }
        return 0;
    }

    private Path train(SolverParameter solver, TrainingCurves curves) {
        List<Path> models = new ArrayList<>();
        try (Context context = Context.cpu(threads.count()); Progress progress = Progress.of("Training", "iterations", solver.getMaxIter(), true)) {
            TrainCommand.train(solver, List.of(context), running -> { }, Effect.STOP, Effect.SNAPSHOT, List.of(curves, new SolverListener() {
                private String accuracy = "";

                @Override
                public void onIteration(Solver running, float loss) {
                    progress.update(running.iteration(), "loss " + LogNumbers.format(loss, 3) + accuracy);
                }

                @Override
                public void onTest(Solver running, int net, List<OutputValue> outputs) {
                    accuracy = String.format(Locale.ROOT, ", accuracy %.3f", curves.accuracy());
                }

                @Override
                public void onSnapshot(Solver running, Path model, Path state) {
                    models.add(model);
                }
            }));
        }
        return models.get(models.size() - 1);
    }

    private static List<Integer> classify(List<Digit> digits, Path net, Path model) {
        try (Classifier classifier = Classifier.builder().setNet(net).setWeights(model).optInputScale(SCALE).build()) {
            return Stream.of(classifier.predict(digits.stream().map(Digit::image).toList(), false))
                    .map(probabilities -> classifier.best(probabilities, 1).get(0).index()).toList();
        }
    }

    /** The folder that has the example: the working directory, or one above where this program lies. */
    private static Path home() {
        List<Path> places = new ArrayList<>(List.of(Path.of("")));
        try {
            CodeSource code = DemoCommand.class.getProtectionDomain().getCodeSource();
            for (Path place = code == null ? null : Path.of(code.getLocation().toURI()); place != null; place = place.getParent()) {
                places.add(place);
            }
        } catch (URISyntaxException | IllegalArgumentException e) {
            // A program that lies in no folder has no example beside it; the working directory is left.
        }
        return places.stream().filter(place -> Files.isReadable(place.resolve(EXAMPLE).resolve("digits.csv.gz"))).findFirst()
                .orElseThrow(() -> new DataException("The digits are not there: found no " + EXAMPLE.resolve("digits.csv.gz")
                        + " in the working directory " + Path.of("").toAbsolutePath() + " or above the program; run caffe demo in the"
                        + " folder of caffe4j's sources"));
    }

    private static void write(List<Digit> digits, Path database) throws IOException {
        if (Files.exists(database)) {
            try (Stream<Path> files = Files.walk(database)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
        Digits.write(digits, database);
    }

    /** The demo is worth its while without pictures too. */
    private static void drawing(Runnable draw) {
        try {
            Picture.guard(draw);
        } catch (CaffeException e) {
            System.err.println(e.getMessage());
        }
    }

    private static String conclusion(Path model, Path curves, Path answers, Path example) {
        String net = EXAMPLE.resolve("lenet.prototxt").toString();
        return String.join(System.lineSeparator(),
                "",
                "Made:",
                "  " + model + "  the trained net, with its .solverstate to train on from",
                "  " + curves + "  loss and accuracy over the iterations",
                "  " + answers + "  the held-out digits and what the net takes them for, mistakes in red",
                "  " + example + "  one of them to try",
                "",
                "Go on with:",
                "  ./caffe classify --model=" + net + " --weights=" + model + " --input-scale=" + SCALE + " " + example,
                "  ./caffe time --model=" + net,
                "  ./caffe train --solver=" + EXAMPLE.resolve("lenet_solver.prototxt"),
                "");
    }
}
