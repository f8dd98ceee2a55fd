package org.caffe4j.tools;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.caffe4j.Context;
import org.caffe4j.DataException;
import org.caffe4j.classify.Classifier;
import org.caffe4j.data.MeanImage;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A command that runs images through a net: the flags of Caffe's classify.py and detect.py, with the same defaults for the two. */
abstract class ImageCommand extends ToolCommand {
    private static final Path MODEL = Path.of("models", "bvlc_reference_caffenet", "deploy.prototxt");
    private static final Path WEIGHTS = Path.of("models", "bvlc_reference_caffenet", "bvlc_reference_caffenet.caffemodel");
    private static final String MEAN = Path.of("python", "caffe", "imagenet", "ilsvrc_2012_mean.npy").toString();

    @Option(names = "--model_def", paramLabel = "FILE",
            description = "in the form of Caffe's script: the net definition; default models/bvlc_reference_caffenet/deploy.prototxt")
    protected Path modelDef;

    @Option(names = "--pretrained_model", paramLabel = "FILE", description = "in the form of Caffe's script: the trained weights; default"
            + " models/bvlc_reference_caffenet/bvlc_reference_caffenet.caffemodel")
    protected Path pretrainedModel;

    @Option(names = {"--mean", "--mean_file"}, paramLabel = "FILE|B,G,R", description = "mean to subtract: a .binaryproto or .npy file, or a"
            + " number for each channel; none by default, in the form of Caffe's script python/caffe/imagenet/ilsvrc_2012_mean.npy"
            + " unless --mean_file=''")
    protected String mean;

    @Option(names = "--raw-scale", defaultValue = "255", paramLabel = "X", description = "largest pixel value before the mean is subtracted; default 255")
    protected float rawScale;

    @Option(names = "--input-scale", defaultValue = "1", paramLabel = "X", description = "factor after the mean is subtracted; default 1")
    protected float inputScale;

    @Option(names = "--channel_swap", defaultValue = "2,1,0", paramLabel = "ORDER",
            description = "2,1,0 (default): the net takes blue, green, red; 0,1,2 or '': red, green, blue")
    protected String channelSwap;

    @Option(names = "--no-optimize", description = "run the net layer by layer, as it is written, instead of an optimised one")
    private boolean plain;

    @Mixin
    private PrecisionFlags precision;

    @Option(names = "--gpu", description = "compute on the first GPU")
    protected boolean gpu;

    @Mixin
    private ThreadsFlag threads;

    @Override
    final boolean answersInWords() {
        return true;
    }

    /** The context that the flags ask for; the caller closes it. @throws UsageException if flags exclude each other */
    protected final Context context() {
        precision.exclude(plain, "--no-optimize");
        precision.exclude(gpu, "--gpu");
        return Devices.open(gpu ? "0" : "", threads.count());
    }

    /** Starts a classifier with the flags that all forms have. */
    protected final Classifier.Builder builder(Path model, Path weights, Context context) {
        Classifier.Builder builder = Classifier.builder().setNet(model).setWeights(weights).optRawScale(rawScale).optInputScale(inputScale)
                .optRgb(takesRgb()).optOptimize(!plain).optPrecision(precision.value()).optContext(context);
        List<Path> samples = precision.images();
        return samples.isEmpty() ? builder : builder.optCalibration(samples);
    }

    /** Starts a classifier as Caffe's scripts do, with their defaults; without the mean. */
    protected final Classifier.Builder scriptBuilder(Context context) {
        System.out.println(gpu ? "GPU mode" : "CPU mode");
        return builder(modelDef == null ? MODEL : modelDef, pretrainedModel == null ? WEIGHTS : pretrainedModel, context);
    }

    /** The mean of Caffe's scripts; null for none. */
    protected final MeanImage scriptMean() {
        String given = mean == null ? MEAN : mean;
        if (mean == null && !Files.exists(Path.of(MEAN))) {
            throw new DataException("There is no " + MEAN + ", the mean that is taken by default; name one with --mean_file, or give"
                    + " --mean_file='' to subtract none");
        }
        return given.isEmpty() ? null : mean(given);
    }

    /** What --mean names. */
    protected static MeanImage mean(String value) {
        float[] channels = Flags.numbers(value);
        return channels == null ? MeanImage.read(Path.of(value)) : MeanImage.perChannel(channels);
    }

    private boolean takesRgb() {
        return switch (channelSwap.replace(" ", "")) {
            case "2,1,0" -> false;
            case "", "0,1,2" -> true;
            default -> throw new UsageException("illegal value '" + channelSwap + "' specified for flag 'channel_swap': expected 2,1,0 (blue,"
                    + " green, red), 0,1,2 or '' (red, green, blue)");
        };
    }
}
