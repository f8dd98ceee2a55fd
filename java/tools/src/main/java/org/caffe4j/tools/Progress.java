package org.caffe4j.tools;

import java.io.Console;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarConsumer;
import me.tongfei.progressbar.ProgressBarStyle;
import org.caffe4j.tools.log.Glog;

/**
 * How far a long task is: on a terminal a bar with rate and time left, kept below the log; elsewhere a plain line at every tenth, where
 * such lines are wanted.
 */
final class Progress implements AutoCloseable {
    private static final int TENTHS = 10;
    private static final int WIDTH = 100;

    private final String task;
    private final String unit;
    private final long total;
    private final boolean plainLines;
    private final ProgressBar bar;
    private final long start = System.nanoTime();
    private long tenths;

    private Progress(String task, String unit, long total, boolean plainLines, boolean terminal) {
        this.task = task;
        this.unit = unit;
        this.total = total;
        this.plainLines = plainLines;
        this.bar = terminal ? bar() : null;
    }

    /**
     * Begins to show a task.
     *
     * @param unit what is counted, such as {@code iterations}
     * @param total how many there are; -1 where that is not known, on a terminal only
     * @param plainLines whether to print lines where there is no terminal
     */
    static Progress of(String task, String unit, long total, boolean plainLines) {
        return new Progress(task, unit, total, plainLines, onTerminal());
    }

    private ProgressBar bar() {
        return new ProgressBarBuilder().setTaskName(task).setInitialMax(total).setUnit(" " + unit, 1).showSpeed()
                .setStyle(ProgressBarStyle.ASCII).setUpdateIntervalMillis(200).setConsumer(new StatusLine()).build();
    }

    /** Says that {@code done} of the total are done; {@code note} is shown beside. */
    void update(long done, String note) {
        if (bar != null) {
            bar.stepTo(done);
            bar.setExtraMessage(note);
        } else if (plainLines && done * TENTHS / Math.max(1, total) > tenths) {
            tenths = done * TENTHS / Math.max(1, total);
            double seconds = (System.nanoTime() - start) / 1e9;
            System.out.println(task + ": " + done + " of " + total + " " + unit + (note.isEmpty() ? "" : ", " + note) + ", "
                    + Math.round(done / Math.max(seconds, 1e-9)) + " a second, "
                    + Duration.ofSeconds(Math.round(seconds * (total - done) / Math.max(1, done))).toSeconds() + " s left");
        }
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
            Glog.status("");
        }
    }

    /** True if a person sees what is printed on stdout and stderr. */
    static boolean onTerminal() {
        return hasConsole() && !isRedirected("/proc/self/fd/2");
    }

    /** From Java 22 on there may be a console without a terminal; then it can be asked. */
    private static boolean hasConsole() {
        if (System.console() == null) {
            return false;
        }
        try {
            return (Boolean) Console.class.getMethod("isTerminal").invoke(System.console());
        } catch (NoSuchMethodException e) {
            return true;
        } catch (IllegalAccessException | InvocationTargetException e) {
            return false;
        }
    }

    /** Whether an open file, where the system shows it, is another thing than a terminal. A console says nothing of stderr. */
    static boolean isRedirected(String openFile) {
        try {
            String target = Files.readSymbolicLink(Path.of(openFile)).toString();
            return !target.startsWith("/dev/pts/") && !target.startsWith("/dev/tty") && !target.equals("/dev/console");
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }

    /** Shows the bar as the log's status line. */
    private static final class StatusLine implements ProgressBarConsumer {
        @Override
        public int getMaxRenderedLength() {
            return WIDTH;
        }

        @Override
        public void accept(String line) {
            Glog.status(line);
        }

        @Override
        public void clear() {
            Glog.status("");
        }

        @Override
        public void close() {
            Glog.status("");
        }
    }
}
