package org.caffe4j.tools.log;

import java.util.Map;

/**
 * What glog's environment variables ask for, as far as it applies: every line goes to stderr (Caffe's tools log there too, whatever
 * {@code GLOG_logtostderr} says), and to a file as well when a folder for it is named and {@code GLOG_logtostderr} does not forbid files.
 *
 * @param minLevel {@code GLOG_minloglevel}: lines of a lower severity number are dropped; fatal lines never are
 * @param verbosity {@code GLOG_v}: from 1 on, debug lines, lines of libraries and stack traces show; from 2 on, trace lines
 * @param directory {@code GLOG_log_dir}: folder of log files; empty for none
 * @param stderrOnly {@code GLOG_logtostderr}: no log file, whatever the folder says
 */
public record GlogSettings(int minLevel, int verbosity, String directory, boolean stderrOnly) {
    /** The settings that an environment gives; glog's defaults where it gives none or nonsense. */
    public static GlogSettings of(Map<String, String> environment) {
        return new GlogSettings(number(environment, "GLOG_minloglevel"), number(environment, "GLOG_v"),
                environment.getOrDefault("GLOG_log_dir", ""), flag(environment.getOrDefault("GLOG_logtostderr", "")));
    }

    /** These settings with what flags of the same names (without {@code GLOG_}) set; null leaves a setting as it is. */
    public GlogSettings with(Integer newMinLevel, Integer newVerbosity, String newDirectory, String newStderrOnly) {
        return new GlogSettings(newMinLevel == null ? minLevel : newMinLevel, newVerbosity == null ? verbosity : newVerbosity,
                newDirectory == null ? directory : newDirectory, newStderrOnly == null ? stderrOnly : flag(newStderrOnly));
    }

    private static int number(Map<String, String> environment, String name) {
        try {
            return Integer.parseInt(environment.getOrDefault(name, "0").strip());
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    /** glog reads a boolean variable by its first letter. */
    private static boolean flag(String value) {
        return !value.isEmpty() && "tTyY1".indexOf(value.charAt(0)) >= 0;
    }
}
