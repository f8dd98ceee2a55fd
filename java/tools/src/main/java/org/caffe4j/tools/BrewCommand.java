package org.caffe4j.tools;

import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A command that Caffe has too. gflags are global, so each of these takes the flags of all; {@link #ignoredFlags} are those it does not use. */
abstract class BrewCommand extends ToolCommand {
    @Mixin
    private LockFlag lock;

    @Option(names = "--gpu", defaultValue = "", paramLabel = "IDS",
            description = "run on these GPUs, numbers separated by ',' or 'all'; without it on the CPU, or where a solver file says")
    protected String gpu;

    @Option(names = "--solver", defaultValue = "", paramLabel = "FILE", description = "the solver definition (prototxt)")
    protected String solver;

    @Option(names = "--model", defaultValue = "", paramLabel = "FILE", description = "the net definition (prototxt)")
    protected String model;

    @Option(names = "--phase", defaultValue = "", paramLabel = "TRAIN|TEST", description = "phase of the net; default TRAIN, TEST for an optimised one")
    protected String phase;

    @Mixin
    protected StateFlags state;

    @Option(names = "--snapshot", defaultValue = "", paramLabel = "FILE", description = "resume training from this .solverstate, instead of --weights")
    protected String snapshot;

    @Option(names = "--weights", defaultValue = "", paramLabel = "FILES",
            description = "trained weights to begin with (.caffemodel), several separated by ','")
    protected String weights;

    @Option(names = "--iterations", defaultValue = "50", paramLabel = "N", description = "how many iterations to run; default 50")
    protected int iterations;

    @Option(names = "--sigint_effect", defaultValue = "stop", paramLabel = "EFFECT",
            description = "what SIGINT (Ctrl-C) does: snapshot, stop or none; default stop")
    protected String sigintEffect;

    @Option(names = "--sighup_effect", defaultValue = "snapshot", paramLabel = "EFFECT",
            description = "what SIGHUP does: snapshot, stop or none; default snapshot")
    protected String sighupEffect;

    @Mixin
    protected ThreadsFlag threads;

    @Override
    final boolean refusesArguments() {
        return true;
    }

    @Override
    abstract List<String> ignoredFlags();

    /** The value of a flag that must be given. */
    protected static String require(String value, String command, String flag, String example) {
        if (value.isEmpty()) {
            throw new UsageException("caffe " + command + " needs --" + flag + ", for example --" + flag + "=" + example);
        }
        return value;
    }
}
