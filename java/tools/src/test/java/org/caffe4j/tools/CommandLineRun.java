package org.caffe4j.tools;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.caffe4j.data.Database;
import org.caffe4j.tools.log.Glog;
import org.caffe4j.tools.log.GlogSettings;

/**
 * What a command did when it was run in this process.
 *
 * @param code exit code
 * @param out text on stdout
 * @param err text on stderr
 */
record CommandLineRun(int code, String out, String err) {
    private static final String PREFIX = "^[IWEF]\\d{4} \\d\\d:\\d\\d:\\d\\d\\.\\d{6} [ \\d]{4}\\d \\S+:\\d+\\] ";

    static CommandLineRun of(String... arguments) {
        PrintStream oldOut = System.out;
        PrintStream oldErr = System.err;
        GlogSettings settings = Glog.settings();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
        int code;
        try {
            code = Caffe.run(arguments);
        } finally {
            System.setOut(oldOut);
            System.setErr(oldErr);
            Glog.configure(settings);
            System.clearProperty(Database.NO_LOCK);
        }
        return new CommandLineRun(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    /** The lines on stderr without glog's prefix. */
    List<String> log() {
        return err.lines().map(line -> line.replaceFirst(PREFIX, "")).toList();
    }
}
