package org.caffe4j.tools;

import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A command that Caffe has too. gflags are global, so each of these takes the flags of all, used or not. */
abstract class BrewCommand extends ToolCommand {
    @Mixin
    private LockFlag lock;

    @Option(names = "--gpu", defaultValue = "", paramLabel = "IDS",
            description = "run on these GPUs, numbers separated by ',' or 'all'; without it on the CPU or as the solver file says")
    protected String gpu;

    @Option(names = "--solver", defaultValue = "", paramLabel = "FILE", description = "the solver definition (prototxt)")
    protected String solver;

    @Option(names = "--model", defaultValue = "", paramLabel = "FILE", description = "the net definition (prototxt)")
    protected String model;

    @Option(names = "--phase", defaultValue = "", paramLabel = "TRAIN|TEST", description = "phase of the net, for time; default TRAIN")
    protected String phase;

    @Mixin
    protected StateFlags state;

    @Option(names = "--snapshot", defaultValue = "", paramLabel = "FILE", description = "resume training from this .solverstate")
    protected String snapshot;

    @Option(names = "--weights", defaultValue = "", paramLabel = "FILES",
            description = "start from these trained weights (.caffemodel), several separated by ','; not together with --snapshot")
    protected String weights;

    @Option(names = "--iterations", defaultValue = "50", paramLabel = "N", description = "how many iterations to run, for test and time; default 50")
    protected int iterations;

    @Option(names = "--sigint_effect", defaultValue = "stop", paramLabel = "EFFECT",
            description = "what SIGINT (Ctrl-C) does in train: snapshot, stop or none; default stop")
    protected String sigintEffect;

    @Option(names = "--sighup_effect", defaultValue = "snapshot", paramLabel = "EFFECT",
            description = "what SIGHUP does in train: snapshot, stop or none; default snapshot")
    protected String sighupEffect;

    @Mixin
    protected ThreadsFlag threads;

    @Override
    final boolean refusesArguments() {
        return true;
    }

    /** The value of a flag that must be given. */
    protected static String require(String value, String command, String flag, String example) {
        if (value.isEmpty()) {
            throw new UsageException("caffe " + command + " needs --" + flag + ", for example --" + flag + "=" + example);
        }
        return value;
    }
}
