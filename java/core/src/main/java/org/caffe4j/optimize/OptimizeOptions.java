package org.caffe4j.optimize;

import java.util.ArrayList;
import java.util.List;

/**
 * How a net is optimised. Immutable; each method returns changed options.
 */
public final class OptimizeOptions {
    private static final OptimizeOptions DEFAULTS = new OptimizeOptions(List.of());

    private final List<String> readable;

    private OptimizeOptions(List<String> readable) {
        this.readable = readable;
    }

    public static OptimizeOptions defaults() {
        return DEFAULTS;
    }

    /** Blobs that stay readable beside the net's inputs and outputs, at the price of what cannot be merged across them. */
    public OptimizeOptions keep(String... blobs) {
        List<String> all = new ArrayList<>(readable);
        all.addAll(List.of(blobs));
        return new OptimizeOptions(List.copyOf(all));
    }

    /** What {@link #keep} named. */
    public List<String> readable() {
        return readable;
    }
}
