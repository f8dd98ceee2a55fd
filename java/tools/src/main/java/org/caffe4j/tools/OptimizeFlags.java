package org.caffe4j.tools;

import org.caffe4j.Net;
import org.caffe4j.optimize.Precision;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code --optimize} of commands that run a net forward, with the precision of the optimised net. */
final class OptimizeFlags {
    @Option(names = "--optimize", description = "optimise the net, which then runs forward only; implied by --precision=bf16 and int8")
    private boolean optimize;

    @Mixin
    private PrecisionFlags precision;

    /** Whether the net is to be optimised. @throws UsageException if flags contradict one another */
    boolean wanted(String gpu) {
        precision.exclude(!gpu.isEmpty(), "--gpu");
        return optimize || precision.value() != Precision.F32;
    }

    void optimize(Net net) {
        net.optimize(precision.options());
    }
}
