package org.caffe4j.classify;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.DataException;
import org.caffe4j.Device;
import org.caffe4j.LoadReport;
import org.caffe4j.Net;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.Phase;
import org.caffe4j.data.MeanImage;
import org.caffe4j.data.PixelTransform.Window;
import org.caffe4j.io.FloatArray;
import org.caffe4j.io.Image;
import org.caffe4j.io.Images;
import org.caffe4j.io.PrototxtReader;
import org.caffe4j.optimize.Calibration;
import org.caffe4j.optimize.OptimizeOptions;
import org.caffe4j.optimize.Precision;
import org.caffe4j.proto.NetParameter;

/**
 * Classifies images with a trained net, as Caffe's Python Classifier does.
 *
 * <pre>{@code
 * try (Classifier classifier = Classifier.builder().setNet(Path.of("deploy.prototxt")).setWeights(Path.of("net.caffemodel"))
 *         .optMean(104, 117, 123).optImageDims(256, 256).optLabels(Path.of("labels.txt")).build()) {
 *     classifier.classify(Path.of("cat.jpg"), 5).forEach(System.out::println);
 * }
 * }</pre>
 *
 * <p>An image is resized to the image dimensions (or so that its short side has a given length), the centre of the size of the net's
 * input is cut out, and value = (pixel / 255 · rawScale − mean) · inputScale is given to the net. With oversampling the four corners, the
 * centre and the mirror images of these five go through the net, and the outputs are averaged.
 *
 * <p>Owns its net, and its context unless one was given; to be closed. Calls of several threads wait for each
 * other; for more throughput use several classifiers.
 */
public final class Classifier implements AutoCloseable {
    private static final int CROPS = 10;

    private final Context context;
    private final boolean ownsContext;
    private final Net net;
    private final Images.Mode mode;
    private final List<String> labels;
    private final Preprocessor preprocessor;
    private final CropRunner runner;

    private Classifier(Builder options) {
        ownsContext = options.context == null;
        context = ownsContext ? Context.on(options.device, options.threads) : options.context;
        Net built = null;
        try {
            // Nets for drawing ask for gradients; a classifier runs forward only.
            NetParameter definition = PrototxtReader.readNet(options.net).toBuilder().clearForceBackward().build();
            built = new Net(definition, Phase.TEST, context);
            net = built;
            Blob input = onlyInput(net, options.net);
            Blob output = output(net, options.output);
            load(options);
            mode = input.shape(1) == 1 ? Images.Mode.GRAY : Images.Mode.COLOR;
            labels = options.labels;
            preprocessor = new Preprocessor(options, input.shape());
            if (options.optimize) {
                net.optimize(optimization(options, input));
            }
            runner = new CropRunner(net, input, output, preprocessor, Math.max((int) input.shape(0), CROPS), options.softmax);
        } catch (RuntimeException e) {
            if (built != null) {
                built.close();
            }
            if (ownsContext) {
                context.close();
            }
            throw e;
        }
    }

    /** Starts the description of a classifier; {@code set…} is required, {@code opt…} optional. */
    public static Builder builder() {
        return new Builder();
    }

    private static Blob onlyInput(Net net, Path file) {
        if (net.inputs().size() != 1 || net.inputs().get(0).numAxes() != 4) {
            throw new NetDefinitionException("a classifier needs a net with one input of shape N×C×H×W, but " + file + " has "
                + net.inputs().size() + " inputs " + net.inputNames() + net.inputs().stream().map(Blob::shapeString).toList()
                + "; a training net needs an Input layer in place of its data layers (a deploy prototxt)");
        }
        return net.inputs().get(0);
    }

    private static Blob output(Net net, String name) {
        if (name != null) {
            return net.blobByName(name);
        }
        if (net.outputs().size() != 1) {
            throw new NetDefinitionException("the net has " + net.outputs().size() + " outputs " + net.outputNames()
                + "; name the one with the class probabilities (optOutput)");
        }
        return net.outputs().get(0);
    }

    private OptimizeOptions optimization(Builder options, Blob input) {
        OptimizeOptions wanted = OptimizeOptions.defaults().precision(options.precision);
        wanted = options.output == null ? wanted : wanted.keep(options.output);
        List<Path> samples = options.calibration;
        return samples == null ? wanted : wanted.calibration(Calibration.of(samples.size(), (calibrated, sample) -> {
            InputImage resized = preprocessor.resize(InputImage.of(Images.read(samples.get(sample), mode)));
            input.reshape(1, input.shape(1), input.shape(2), input.shape(3));
            preprocessor.write(resized, preprocessor.centre(resized), false, input.data().overwrite(), 0);
        }));
    }

    private void load(Builder options) {
        LoadReport report = net.copyTrainedLayersFrom(options.weights);
        if (!options.missingWeightsAllowed) {
            report.requireComplete(options.weights, options.net, " (optMissingWeightsAllowed accepts it)");
        }
    }

    /** The most probable classes of an image file, best first. */
    public List<Classification> classify(Path image, int top) {
        return classify(Images.read(image, mode), top);
    }

    /** The most probable classes of an image, best first; of equal ones the first in the net's output comes first. */
    public List<Classification> classify(Image image, int top) {
        return best(predict(List.of(image), false)[0], top);
    }

    /**
     * The {@code top} best classes of one row of {@link #predict}, best first.
     *
     * @throws DataException if there are labels, but not one a class
     */
    public List<Classification> best(float[] probabilities, int top) {
        if (labels != null && labels.size() != probabilities.length) {
            throw new DataException("there are " + labels.size() + " labels for " + probabilities.length + " classes");
        }
        return Scores.best(probabilities, top).stream()
            .map(i -> new Classification(i, labels == null ? Integer.toString(i) : labels.get(i), probabilities[i])).toList();
    }

    /**
     * Runs images through the net.
     *
     * @param images of any sizes
     * @param oversample true to average over ten crops an image, false to take the centre
     * @return for each image the values of all classes
     */
    public float[][] predict(List<Image> images, boolean oversample) {
        return predictPixels(images.stream().map(InputImage::of).toList(), oversample);
    }

    /**
     * Runs images of floats through the net, which are never rounded on the way.
     *
     * @param images of shape C×H×W, blue, green, red, 0…255, of any sizes
     * @param oversample true to average over ten crops an image, false to take the centre
     * @return for each image the values of all classes
     */
    public float[][] predictArrays(List<FloatArray> images, boolean oversample) {
        return predictPixels(images.stream().map(InputImage::of).toList(), oversample);
    }

    private synchronized float[][] predictPixels(List<InputImage> images, boolean oversample) {
        int perImage = oversample ? CROPS : 1;
        List<CropRunner.Crop> crops = new ArrayList<>();
        for (InputImage image : images) {
            InputImage resized = preprocessor.resize(image);
            List<Window> windows = oversample ? preprocessor.corners(resized) : List.of(preprocessor.centre(resized));
            windows.forEach(window -> crops.add(new CropRunner.Crop(resized, window, false)));
            if (oversample) {
                windows.forEach(window -> crops.add(new CropRunner.Crop(resized, window, true)));
            }
        }
        float[][] outputs = runner.run(crops);
        float[][] means = new float[images.size()][];
        for (int i = 0; i < means.length; i++) {
            means[i] = Scores.mean(outputs, i * perImage, perImage);
        }
        return means;
    }

    /** Runs images of the net's input size through the net as they are; a row of values for each. */
    synchronized float[][] predictCrops(List<InputImage> crops) {
        Window all = Window.all(preprocessor.cropHeight(), preprocessor.cropWidth());
        return runner.run(crops.stream().map(crop -> new CropRunner.Crop(crop, all, false)).toList());
    }

    /** How image files are read for the net. */
    Images.Mode mode() {
        return mode;
    }

    Preprocessor preprocessor() {
        return preprocessor;
    }

    /** The net, which the classifier owns; optimised unless the builder said otherwise. */
    public Net net() {
        return net;
    }

    /** Closes the net, after a running prediction. Idempotent. */
    @Override
    public synchronized void close() {
        net.close();
        if (ownsContext) {
            context.close();
        }
    }

    /** Collects what a {@link Classifier} needs. */
    public static final class Builder {
        Path net;
        Path weights;
        MeanImage mean;
        boolean meanOfInput;
        int imageHeight;
        int imageWidth;
        int shortSide;
        boolean rgb;
        float rawScale = 255;
        float inputScale = 1;
        private List<String> labels;
        private String output;
        private boolean softmax;
        private boolean missingWeightsAllowed;
        private Context context;
        private Device device = Device.cpu();
        private int threads;
        private boolean optimize = true;
        private Precision precision = Precision.F32;
        private List<Path> calibration;

        private Builder() {
        }

        /** The deploy prototxt. */
        public Builder setNet(Path prototxt) {
            net = prototxt;
            return this;
        }

        /** The {@code .caffemodel} or {@code .caffemodel.h5}. */
        public Builder setWeights(Path caffemodel) {
            weights = caffemodel;
            return this;
        }

        /** The mean to subtract, in the net's channel order, on the scale of 0…rawScale. */
        public Builder optMean(MeanImage mean) {
            this.mean = mean;
            return this;
        }

        /** One mean a channel. */
        public Builder optMean(float... perChannel) {
            return optMean(MeanImage.perChannel(perChannel));
        }

        /** A mean file, {@code .binaryproto} or {@code .npy}. */
        public Builder optMean(Path file) {
            return optMean(MeanImage.read(file));
        }

        /**
         * Takes a mean image for the mean of the net's input, resized to its size and subtracted from every crop, as Caffe's Python
         * Classifier does. By default one of another size than the input's is for whole images: each pixel has its own mean.
         */
        public Builder optMeanOfInput(boolean ofInput) {
            meanOfInput = ofInput;
            return this;
        }

        /** Size that images are resized to before cropping; the net's input size if not given. */
        public Builder optImageDims(int height, int width) {
            imageHeight = height;
            imageWidth = width;
            return this;
        }

        /** Resizes images so that the shorter side has this length and the ratio of the sides stays; instead of image dimensions. */
        public Builder optShortSide(int length) {
            shortSide = length;
            return this;
        }

        /** The net takes red, green, blue; Caffe's models take blue, green, red, which is the default. */
        public Builder optRgb(boolean rgb) {
            this.rgb = rgb;
            return this;
        }

        /** The largest pixel value before the mean is subtracted: 255 (default), or 1 for nets that take 0…1. */
        public Builder optRawScale(float scale) {
            rawScale = scale;
            return this;
        }

        /** Factor after the mean is subtracted; 1 by default. */
        public Builder optInputScale(float scale) {
            inputScale = scale;
            return this;
        }

        /** Class names in the order of the net's output. */
        public Builder optLabels(List<String> labels) {
            this.labels = List.copyOf(labels);
            return this;
        }

        /** A text file with one class name a line. */
        public Builder optLabels(Path file) {
            try {
                return optLabels(Files.readAllLines(file, StandardCharsets.UTF_8));
            } catch (IOException e) {
                throw new DataException("cannot read the labels file " + file + ": " + e, e);
            }
        }

        /** The blob with the class values; needed where the net has several outputs. */
        public Builder optOutput(String blob) {
            output = blob;
            return this;
        }

        /** Turns the net's output into probabilities, for nets that do not end in a Softmax layer. */
        public Builder optSoftmax(boolean softmax) {
            this.softmax = softmax;
            return this;
        }

        /** Accepts a net in which learned layers get no weights from the file. */
        public Builder optMissingWeightsAllowed(boolean allowed) {
            missingWeightsAllowed = allowed;
            return this;
        }

        /** Where to compute; the CPU by default. Not together with a context, which has a device. */
        public Builder optDevice(Device device) {
            this.device = Objects.requireNonNull(device, "device");
            return this;
        }

        /** The context to run in; stays the caller's. By default the classifier makes one of its own, on the device that was named. */
        public Builder optContext(Context context) {
            this.context = context;
            return this;
        }

        /** Whether the net is optimised ({@link Net#optimize}), which is the default; else each of its blobs can be read after a prediction. */
        public Builder optOptimize(boolean optimize) {
            this.optimize = optimize;
            return this;
        }

        /** The precision of the optimised net, see {@link OptimizeOptions#precision(Precision)}; {@link Precision#F32} by default. */
        public Builder optPrecision(Precision precision) {
            this.precision = Objects.requireNonNull(precision, "precision");
            return this;
        }

        /**
         * Images like those that will be classified, some dozens, which {@link Precision#INT8} needs ({@link OptimizeOptions#calibration}); of
         * each the centre counts.
         */
        public Builder optCalibration(List<Path> images) {
            calibration = List.copyOf(images);
            return this;
        }

        /** Threads of the classifier's own context; all processors by default. */
        public Builder optThreads(int threads) {
            this.threads = threads;
            return this;
        }

        /**
         * Builds the net and loads its weights.
         *
         * @throws IllegalStateException if a required setting is missing or two exclude each other
         * @throws org.caffe4j.CaffeException if a file is wrong or does not fit
         */
        public Classifier build() {
            if (net == null || weights == null) {
                throw new IllegalStateException("setNet and setWeights are required");
            }
            if (context != null && !device.equals(Device.cpu())) {
                throw new IllegalStateException("optContext and optDevice exclude each other");
            }
            if (shortSide != 0 && imageHeight != 0) {
                throw new IllegalStateException("optShortSide and optImageDims exclude each other");
            }
            if (shortSide < 0 || imageHeight < 0 || imageWidth < 0 || !(rawScale > 0)) {
                throw new IllegalStateException("sizes must not be negative and the raw scale must be positive");
            }
            return new Classifier(this);
        }
    }
}
