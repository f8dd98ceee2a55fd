package org.caffe4j.tools;

import com.google.gson.GsonBuilder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.caffe4j.Context;
import org.caffe4j.classify.Classification;
import org.caffe4j.classify.Classifier;
import org.caffe4j.data.MeanImage;
import org.caffe4j.io.Image;
import org.caffe4j.io.Images;
import org.caffe4j.io.Npy;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code caffe classify}: the most probable classes of images, a class a line as {@code 0.5990 - "Egyptian cat"}, or all as JSON:
 * {@code [{"image": …, "predictions": [{"index": …, "label": …, "probability": …}, …]}, …]}.
 *
 * <p>Or, with the arguments of Caffe's classify.py, {@code INPUT OUTPUT.npy}: the values of all classes as an array, N×classes, of an image,
 * the images of a folder in the order of their names, or an array N×H×W×C of values 0…1, red, green, blue.
 */
@Command(description = {"Prints the most probable classes of images;",
    "or, as Caffe's script: classify INPUT OUTPUT.npy [--model_def FILE --pretrained_model FILE --mean_file FILE --center_only ...] writes the"
        + " values of all classes of an image, a folder of images or an array (.npy)."}, sortOptions = false)
final class ClassifyCommand extends ImageCommand {
    private static final int BATCH = 32;
    private static final int FIRST = -10;

    @Option(names = "--model", order = FIRST, paramLabel = "FILE", description = "the net definition for classifying (deploy prototxt)")
    private Path model;

    @Option(names = "--weights", order = FIRST, paramLabel = "FILE", description = "the trained weights (.caffemodel or .caffemodel.h5)")
    private Path weights;

    @Option(names = "--labels", paramLabel = "FILE", description = "text file of the class names, one a line")
    private Path labels;

    @Option(names = "--top", defaultValue = "5", paramLabel = "N", description = "how many classes to print for an image; default 5")
    private int top;

    @Option(names = {"--image-dims", "--images_dim"}, defaultValue = "", paramLabel = "H,W",
            description = "resize images to this size before the centre is cut out; default the net's input size, for Caffe's script 256,256")
    private String imageDims;

    @Option(names = "--short-side", defaultValue = "0", paramLabel = "N",
            description = "resize images so that their shorter side has this length, instead of --image-dims")
    private int shortSide;

    @Option(names = "--oversample", description = "average over the corners, the centre and their mirror images")
    private boolean oversample;

    @Option(names = "--center_only", description = "in the form of Caffe's script, which averages by default: take the centre alone")
    private boolean centerOnly;

    @Option(names = "--ext", defaultValue = "jpg", paramLabel = "EXT", description = "in the form of Caffe's script: what the names of a"
            + " folder's images end in; default jpg")
    private String extension;

    @Option(names = "--rgb", description = "the net takes red, green, blue instead of Caffe's blue, green, red")
    private boolean rgb;

    @Option(names = "--output", paramLabel = "BLOB", description = "blob of the class probabilities, for a net of several outputs")
    private String output;

    @Option(names = "--json", description = "print JSON")
    private boolean json;

    @Parameters(arity = "1..*", paramLabel = "IMAGE", description = "image files; or INPUT and OUTPUT.npy")
    private List<Path> images;

    /** What is printed for an image with {@code --json}. */
    private record Answer(String image, List<Classification> predictions) {}

    @Override
    public Integer call() {
        boolean asScript = modelDef != null || pretrainedModel != null
                || model == null && images.size() == 2 && images.get(1).toString().endsWith(".npy");
        try (Context context = context()) {
            if (asScript) {
                writeValues(context);
            } else {
                printClasses(context);
            }
        }
        return 0;
    }

    private void printClasses(Context context) {
        if (model == null || weights == null) {
            throw new UsageException("caffe classify needs --model and --weights, for example --model=deploy.prototxt"
                    + " --weights=net.caffemodel; or INPUT OUTPUT.npy, with --model_def and --pretrained_model");
        }
        List<Answer> answers = new ArrayList<>();
        try (Classifier classifier = classifier(context)) {
            for (int from = 0; from < images.size(); from += BATCH) {
                List<Path> files = images.subList(from, Math.min(from + BATCH, images.size()));
                List<Image> decoded = files.stream().map(file -> Images.read(file, mode(classifier))).toList();
                float[][] probabilities = classifier.predict(decoded, oversample);
                for (int i = 0; i < probabilities.length; i++) {
                    Answer answer = new Answer(files.get(i).toString(), classifier.best(probabilities[i], top));
                    answers.add(answer);
                    if (!json) {
                        print(answer);
                    }
                }
            }
        }
        if (json) {
            System.out.println(new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().serializeSpecialFloatingPointValues().create()
                    .toJson(answers));
        }
    }

    private static Images.Mode mode(Classifier classifier) {
        return classifier.net().inputs().get(0).shape(1) == 1 ? Images.Mode.GRAY : Images.Mode.COLOR;
    }

    private Classifier classifier(Context context) {
        requirePositive(top, "top");
        Classifier.Builder builder = builder(model, weights, context);
        if (rgb) {
            builder.optRgb(true);
        }
        if (output != null) {
            builder.optOutput(output);
        }
        if (labels != null) {
            builder.optLabels(labels);
        }
        if (shortSide != 0) {
            builder.optShortSide(shortSide);
        }
        if (!imageDims.isEmpty()) {
            if (shortSide != 0) {
                throw new UsageException("caffe classify takes --image-dims or --short-side, not both");
            }
            setImageDims(builder, imageDims);
        }
        if (mean != null && !mean.isEmpty()) {
            builder.optMean(mean(mean));
        }
        return builder.build();
    }

    private static void setImageDims(Classifier.Builder builder, String value) {
        float[] dims = Flags.numbers(value);
        if (dims == null || dims.length != 2 || dims[0] != (int) dims[0] || dims[1] != (int) dims[1] || dims[0] < 1 || dims[1] < 1) {
            throw new UsageException("illegal value '" + value + "' specified for flag 'image-dims': expected height,width");
        }
        builder.optImageDims((int) dims[0], (int) dims[1]);
    }

    private void writeValues(Context context) {
        if (images.size() != 2) {
            throw new UsageException("caffe classify with --model_def takes INPUT and OUTPUT.npy, not " + images.size() + " arguments");
        }
        Path input = images.get(0);
        Path file = images.get(1).toString().endsWith(".npy") ? images.get(1) : Path.of(images.get(1) + ".npy");
        Classifier.Builder builder = scriptBuilder(context).optMeanOfInput(true);
        setImageDims(builder, imageDims.isEmpty() ? "256,256" : imageDims);
        MeanImage subtracted = scriptMean();
        if (subtracted != null) {
            builder.optMean(subtracted);
        }
        try (Classifier classifier = builder.build()) {
            System.out.println("Loading " + (Files.isDirectory(input) ? "folder: " : "file: ") + input);
            ScriptImages inputs = ScriptImages.of(input, extension, mode(classifier));
            System.out.println("Classifying " + inputs.size() + " inputs.");
            long start = System.nanoTime();
            List<float[]> rows = new ArrayList<>();
            try (Progress progress = Progress.of("Classifying", "images", inputs.size(), false)) {
                while (rows.size() < inputs.size()) {
                    rows.addAll(List.of(classifier.predictArrays(inputs.read(rows.size(), BATCH), !centerOnly)));
                    progress.update(rows.size(), "");
                }
            }
            System.out.printf(Locale.ROOT, "Done in %.2f s.%n", (System.nanoTime() - start) / 1e9);
            System.out.println("Saving results into " + file);
            FloatBuffer values = FloatBuffer.allocate(rows.size() * rows.get(0).length);
            rows.forEach(values::put);
            Npy.write(file, new long[] {rows.size(), rows.get(0).length}, values.flip());
        }
    }

    private static void print(Answer answer) {
        System.out.println("---------- Prediction for " + answer.image() + " ----------");
        answer.predictions().forEach(found -> System.out.println(
                String.format(Locale.ROOT, "%.4f", found.probability()) + " - \"" + found.label() + '"'));
    }
}
