package org.caffe4j.tools.log;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.LocalDateTime;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import org.caffe4j.CaffeException;

/**
 * The log of the command line: glog's lines, {@code I1123 07:44:54.123456     1 Solver.java:123] message}, at once on stderr. The date has
 * four digits, as Caffe's log readers expect. One status line, such as a progress bar, may stay below the log on a terminal.
 *
 * <p>There is one log a process; all methods may be called from any thread.
 */
public final class Glog {
    private static final Set<String> SELF = Set.of(Glog.class.getName(), GlogLogger.class.getName());
    private static final String ERASE_LINE = "\r\033[K";

    private static GlogSettings settings = GlogSettings.of(System.getenv());
    private static final Map<Severity, GlogFile> FILES = new EnumMap<>(Severity.class);
    private static String program = "caffe";
    private static String status = "";

    private Glog() {}

    public static synchronized GlogSettings settings() {
        return settings;
    }

    /** Names the program in the names of log files that are not open yet; "caffe" at first. */
    public static synchronized void setProgram(String name) {
        program = name;
    }

    /** Changes the settings; log files that are open stay those that are written. */
    public static synchronized void configure(GlogSettings newSettings) {
        settings = newSettings;
    }

    /** True if stack traces are wanted: {@code GLOG_v} of 1 or more. */
    public static boolean verbose() {
        return settings().verbosity() >= 1;
    }

    static boolean enabled(Severity severity) {
        return severity.ordinal() >= settings().minLevel();
    }

    /** Writes one message, with the place in the sources from which the log was called. */
    public static void log(Severity severity, String message, Throwable cause) {
        if (severity == Severity.FATAL || enabled(severity)) {
            write(severity, caller(), message, cause);
        }
    }

    /** Writes the last line of a failed run: what went wrong and, unless it was the user's input, where; the stack trace only when verbose. */
    public static void fatal(Throwable failure) {
        String message = failure.getMessage();
        if (!(failure instanceof CaffeException) || message == null) {
            message = failure.getClass().getName() + (message == null ? "" : ": " + message);
        }
        StackTraceElement[] stack = failure.getStackTrace();
        write(Severity.FATAL, stack.length == 0 ? caller() : place(stack[0]), message, failure);
    }

    private static void write(Severity severity, String place, String message, Throwable cause) {
        StringBuilder line = prefix(severity, place).append(message);
        if (cause != null && verbose()) {
            StringWriter trace = new StringWriter();
            cause.printStackTrace(new PrintWriter(trace, true));
            line.append('\n').append(trace.toString().stripTrailing());
        }
        emit(severity, line.append('\n').toString());
    }

    private static StringBuilder prefix(Severity severity, String place) {
        LocalDateTime now = LocalDateTime.now();
        StringBuilder line = new StringBuilder(200).append(severity.letter());
        padded(line, now.getMonthValue(), 2, '0');
        padded(line, now.getDayOfMonth(), 2, '0').append(' ');
        padded(line, now.getHour(), 2, '0').append(':');
        padded(line, now.getMinute(), 2, '0').append(':');
        padded(line, now.getSecond(), 2, '0').append('.');
        padded(line, now.getNano() / 1000, 6, '0').append(' ');
        return padded(line, Thread.currentThread().getId(), 5, ' ').append(' ').append(place).append("] ");
    }

    private static StringBuilder padded(StringBuilder line, long number, int width, char fill) {
        String digits = Long.toString(number);
        return line.append(String.valueOf(fill).repeat(Math.max(0, width - digits.length()))).append(digits);
    }

    private static String caller() {
        return StackWalker.getInstance().walk(frames -> frames
                .filter(frame -> !SELF.contains(frame.getClassName()) && !frame.getClassName().startsWith("org.slf4j."))
                .findFirst().map(frame -> place(frame.toStackTraceElement())).orElse("unknown:0"));
    }

    private static String place(StackTraceElement frame) {
        return (frame.getFileName() == null ? "unknown" : frame.getFileName()) + ":" + Math.max(0, frame.getLineNumber());
    }

    private static synchronized void emit(Severity severity, String line) {
        System.err.print(status.isEmpty() ? line : ERASE_LINE + line + status);
        System.err.flush();
        if (!settings.directory().isEmpty() && !settings.stderrOnly()) {
            for (Severity least : Severity.values()) {
                if (least.compareTo(severity) <= 0) {
                    FILES.computeIfAbsent(least, level -> new GlogFile(settings.directory(), program, level)).write(line);
                }
            }
        }
    }

    /** Keeps one line below the log, for a terminal; the empty string takes it away. Without line breaks. */
    public static synchronized void status(String line) {
        if (!line.equals(status)) {
            System.err.print(ERASE_LINE + line);
            System.err.flush();
            status = line;
        }
    }
}
