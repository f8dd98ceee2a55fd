package org.caffe4j.optimize;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * How a net is optimised. Immutable; each method returns changed options.
 */
public final class OptimizeOptions {
    private static final OptimizeOptions DEFAULTS = new OptimizeOptions(List.of(), Precision.F32, true, null);

    private final List<String> readable;
    private final Precision precision;
    private final boolean winograd;
    private final Calibration calibration;

    private OptimizeOptions(List<String> readable, Precision precision, boolean winograd, Calibration calibration) {
        this.readable = readable;
        this.precision = precision;
        this.winograd = winograd;
        this.calibration = calibration;
    }

    /** Floats, Winograd's algorithm where it is quicker, and no blob readable besides inputs and outputs. */
    public static OptimizeOptions defaults() {
        return DEFAULTS;
    }

    /** Blobs that stay readable beside the net's inputs and outputs, at the price of what cannot be merged across them. */
    public OptimizeOptions keep(String... blobs) {
        List<String> all = new ArrayList<>(readable);
        all.addAll(List.of(blobs));
        return new OptimizeOptions(List.copyOf(all), precision, winograd, calibration);
    }

    /** The type of weights and of values between layers; default {@link Precision#F32}. Less is quicker, and less exact. */
    public OptimizeOptions precision(Precision value) {
        return new OptimizeOptions(readable, Objects.requireNonNull(value, "precision"), winograd, calibration);
    }

    /**
     * Whether convolutions 3x3 of stride 1 may be computed by Winograd's algorithm where that is quicker; default true. It multiplies a
     * quarter as often, and its rounding errors are two to three times those of direct sums; with {@link Precision#BF16} they grow by a twentieth.
     * A net of {@link Precision#INT8} does not use it, nor does one on a GPU.
     */
    public OptimizeOptions winograd(boolean allowed) {
        return new OptimizeOptions(readable, precision, allowed, calibration);
    }

    /**
     * Sample inputs, which {@link Precision#INT8} needs and others do not use; they run through the net once, when it is optimised. A replica
     * has the ranges of its source.
     */
    public OptimizeOptions calibration(Calibration samples) {
        return new OptimizeOptions(readable, precision, winograd, Objects.requireNonNull(samples, "samples"));
    }

    /** What {@link #calibration(Calibration)} was given, or null. */
    public Calibration calibration() {
        return calibration;
    }

    /** What {@link #winograd(boolean)} was asked for. */
    public boolean winograd() {
        return winograd;
    }

    /** What {@link #precision(Precision)} was asked for. */
    public Precision precision() {
        return precision;
    }

    /** What {@link #keep} named. */
    public List<String> readable() {
        return readable;
    }
}
