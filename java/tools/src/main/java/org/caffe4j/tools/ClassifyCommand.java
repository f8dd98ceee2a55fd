package org.caffe4j.tools;

import com.google.gson.GsonBuilder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.caffe4j.classify.Classification;
import org.caffe4j.classify.Classifier;
import org.caffe4j.io.Image;
import org.caffe4j.io.Images;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code caffe classify}: the most probable classes of images, a class a line as {@code 0.5990 - "Egyptian cat"}, or all as JSON:
 * {@code [{"image": …, "predictions": [{"index": …, "label": …, "probability": …}, …]}, …]}.
 */
@Command(description = "Prints the most probable classes of images.", sortOptions = false)
final class ClassifyCommand extends ToolCommand {
    private static final int BATCH = 32;

    @Option(names = "--model", required = true, paramLabel = "FILE", description = "the net definition for classifying (deploy prototxt)")
    private Path model;

    @Option(names = "--weights", required = true, paramLabel = "FILE", description = "the trained weights (.caffemodel or .caffemodel.h5)")
    private Path weights;

    @Option(names = "--mean", defaultValue = "", paramLabel = "FILE|B,G,R",
            description = "mean to subtract: a .binaryproto or .npy file, or a number for each channel")
    private String mean;

    @Option(names = "--labels", paramLabel = "FILE", description = "text file of the class names, one a line")
    private Path labels;

    @Option(names = "--top", defaultValue = "5", paramLabel = "N", description = "how many classes to print for an image; default 5")
    private int top;

    @Option(names = "--image-dims", defaultValue = "", paramLabel = "H,W",
            description = "resize images to this size before the centre is cut out; default the net's input size")
    private String imageDims;

    @Option(names = "--short-side", defaultValue = "0", paramLabel = "N",
            description = "resize images so that their shorter side has this length, instead of --image-dims")
    private int shortSide;

    @Option(names = "--oversample", description = "average over the corners, the centre and their mirror images")
    private boolean oversample;

    @Option(names = "--raw-scale", defaultValue = "255", paramLabel = "X", description = "largest pixel value before the mean is subtracted; default 255")
    private float rawScale;

    @Option(names = "--input-scale", defaultValue = "1", paramLabel = "X", description = "factor after the mean is subtracted; default 1")
    private float inputScale;

    @Option(names = "--rgb", description = "the net takes red, green, blue instead of Caffe's blue, green, red")
    private boolean rgb;

    @Option(names = "--output", paramLabel = "BLOB", description = "blob of the class probabilities, for a net of several outputs")
    private String output;

    @Option(names = "--json", description = "print JSON")
    private boolean json;

    @Option(names = "--no-optimize", description = "run the net layer by layer, as it is written, instead of an optimised one")
    private boolean plain;

    @Option(names = "--threads", defaultValue = "0", paramLabel = "N", description = "threads of the CPU to compute with; default all")
    private int threads;

    @Parameters(arity = "1..*", paramLabel = "IMAGE", description = "image files")
    private List<Path> images;

    /** What is printed for an image with {@code --json}. */
    private record Answer(String image, List<Classification> predictions) {}

    @Override
    boolean answersInWords() {
        return true;
    }

    @Override
    public Integer call() {
        List<Answer> answers = new ArrayList<>();
        try (Classifier classifier = classifier()) {
            Images.Mode mode = classifier.net().inputs().get(0).shape(1) == 1 ? Images.Mode.GRAY : Images.Mode.COLOR;
            for (int from = 0; from < images.size(); from += BATCH) {
                List<Path> files = images.subList(from, Math.min(from + BATCH, images.size()));
                List<Image> decoded = files.stream().map(file -> Images.read(file, mode)).toList();
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
        return 0;
    }

    private Classifier classifier() {
        requirePositive(top, "top");
        Classifier.Builder builder = Classifier.builder().setNet(model).setWeights(weights).optRawScale(rawScale).optInputScale(inputScale)
                .optRgb(rgb).optThreads(threads).optOptimize(!plain);
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
            float[] dims = Flags.numbers(imageDims);
            if (dims == null || dims.length != 2 || dims[0] != (int) dims[0] || dims[1] != (int) dims[1] || dims[0] < 1 || dims[1] < 1) {
                throw new UsageException("illegal value '" + imageDims + "' specified for flag 'image-dims': expected height,width");
            }
            if (shortSide != 0) {
                throw new UsageException("caffe classify takes --image-dims or --short-side, not both");
            }
            builder.optImageDims((int) dims[0], (int) dims[1]);
        }
        float[] channels = Flags.numbers(mean);
        if (channels != null) {
            builder.optMean(channels);
        } else if (!mean.isEmpty()) {
            builder.optMean(Path.of(mean));
        }
        return builder.build();
    }

    private static void print(Answer answer) {
        System.out.println("---------- Prediction for " + answer.image() + " ----------");
        answer.predictions().forEach(found -> System.out.println(
                String.format(Locale.ROOT, "%.4f", found.probability()) + " - \"" + found.label() + '"'));
    }
}
