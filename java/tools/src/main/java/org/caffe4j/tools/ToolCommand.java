package org.caffe4j.tools;

import java.util.List;
import java.util.concurrent.Callable;
import org.caffe4j.tools.log.Glog;
import org.caffe4j.tools.log.Severity;
import picocli.CommandLine.Option;

/** One command of {@code caffe}: its flags are annotated fields, {@link #call} does the work and returns the exit code. */
abstract class ToolCommand implements Callable<Integer> {
    /** Where flags that are no command's own stand in its help: behind those that are. */
    static final int LAST = 1000;

    @Option(names = {"--help", "-h"}, order = LAST, usageHelp = true, description = "show the flags of this command")
    private boolean help;

    @Option(names = "--minloglevel", order = LAST, paramLabel = "N", description = "log only messages of this severity or above: 0 INFO, 1 WARNING, 2 ERROR")
    private Integer minLogLevel;

    @Option(names = "--v", order = LAST, paramLabel = "N", description = "1 shows debug messages and stack traces, 2 more")
    private Integer verbosity;

    @Option(names = "--log_dir", order = LAST, paramLabel = "DIR", description = "write a log file in this folder too")
    private String logDirectory;

    @Option(names = "--logtostderr", order = LAST, description = "write no log file")
    private boolean logToStderr;

    @Option(names = "--alsologtostderr", hidden = true, description = "taken for compatibility: the log always goes to stderr")
    private boolean alsoLogToStderr;

    @Option(names = "--stderrthreshold", hidden = true, description = "taken for compatibility: the log always goes to stderr")
    private Integer stderrThreshold;

    /** Applies the flags that concern the log. */
    final void configureLog() {
        Glog.configure(Glog.settings().with(minLogLevel, verbosity, logDirectory, logToStderr ? "true" : null));
        if (answersInWords() && minLogLevel == null && !Glog.verbose()) {
            Glog.configure(Glog.settings().with(Math.max(Glog.settings().minLevel(), Severity.WARNING.ordinal()), null, null, null));
        }
    }

    /** True if the command prints its result itself, so that only warnings of the log are wanted beside it. */
    boolean answersInWords() {
        return false;
    }

    /** True if arguments that are no flags are a misuse that shows the usage text, as in Caffe. */
    boolean refusesArguments() {
        return false;
    }

    /** Flags that the command takes because Caffe does, and does nothing with; its help leaves them out. */
    List<String> ignoredFlags() {
        return List.of();
    }

    /** Refuses a number of {@code 0} or less. */
    protected static void requirePositive(int value, String flag) {
        if (value <= 0) {
            throw new UsageException("illegal value '" + value + "' specified for flag '" + flag + "': expected 1 or more");
        }
    }
}
