package org.caffe4j.tools;

import java.nio.file.Path;
import java.util.List;
import org.caffe4j.optimize.OptimizeOptions;
import org.caffe4j.optimize.Precision;
import picocli.CommandLine.Option;

/** {@code --precision} and {@code --calibration} of commands that run optimised nets. */
final class PrecisionFlags {
    @Option(names = "--precision", defaultValue = "f32", paramLabel = "f32|bf16|int8", description = "the type of weights and of values between"
            + " layers in the optimised net; default f32")
    private String name;

    @Option(names = "--calibration", defaultValue = "", paramLabel = "SAMPLES", description = "with --precision=int8: sample inputs, from which the"
            + " ranges of values are taken: a folder of images, or a list separated by ','; for test and time also an array (.npy) whose first axis"
            + " counts the samples, or so many batches of the net's own data")
    private String samples;

    /** The precision. @throws UsageException if there is no such one, or if samples are missing or not wanted */
    Precision value() {
        Precision precision = Flags.precision(name);
        if (precision == Precision.INT8 && samples.isEmpty()) {
            throw new UsageException("--precision=int8 takes the ranges of values from sample inputs: name some with --calibration");
        }
        if (precision != Precision.INT8 && !samples.isEmpty()) {
            throw new UsageException("--calibration is for --precision=int8");
        }
        return precision;
    }

    /** Refuses another precision than f32 beside a flag, if that is given. */
    void exclude(boolean given, String flag) {
        if (given && value() != Precision.F32) {
            throw new UsageException("--precision=" + name + " is for optimised nets on the CPU: leave out " + flag);
        }
    }

    /** Options for a net whose inputs the samples are. */
    OptimizeOptions options() {
        OptimizeOptions options = OptimizeOptions.defaults().precision(value());
        return samples.isEmpty() ? options : options.calibration(CalibrationSamples.inputs(samples));
    }

    /** The samples as image files; none unless the precision is int8. */
    List<Path> images() {
        return value() == Precision.INT8 ? CalibrationSamples.images(samples) : List.of();
    }
}
