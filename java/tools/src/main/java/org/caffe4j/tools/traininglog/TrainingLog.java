package org.caffe4j.tools.traininglog;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.caffe4j.DataException;

/**
 * What the lines of a training log say, in order, from the first line with "Solving" on, whose time counts as the start.
 *
 * <p>glog's lines tell no year. It is that of the file's last change of status, as in Caffe's scripts, and goes up by one when a month
 * follows a later one. Dates of eight digits, which glog writes from 0.6 on, bring their year. Lines without glog's head, and numbers
 * that are no finite numbers, say nothing.
 *
 * @param file the log
 * @param events what was found
 */
public record TrainingLog(Path file, List<Event> events) {
    private static final Pattern HEAD = Pattern.compile("\\s*[A-Z](\\d{4})?(\\d\\d)(\\d\\d)\\s+(\\d+):(\\d+):(\\d+)\\.(\\d{1,6})(\\s.*)?");
    private static final Pattern ITERATION = Pattern.compile("Iteration (\\d{1,9})");
    private static final String NUMBER = "([.\\deE+-]+)";
    private static final Pattern LEARNING_RATE = Pattern.compile("lr = ([-+]?[0-9]*\\.?[0-9]+([eE]?[-+]?[0-9]+)?)");
    private static final Pattern LOSS = Pattern.compile("Iteration \\d+.*, loss = " + NUMBER);
    private static final Pattern TRAIN_OUTPUT = Pattern.compile("Train net output #\\d+: (\\S+) = " + NUMBER + "(?<loss> \\(\\*)?");
    private static final Pattern TEST_OUTPUT = Pattern.compile("Test net output #\\d+: (\\S+) = " + NUMBER + "(?<loss> \\(\\*)?");
    private static final Pattern TEST_NET = Pattern.compile("Testing net \\(#(\\d+)\\)");

    /** What a line tells. */
    public enum Kind {
        /** The smoothed loss. */
        LOSS,
        LEARNING_RATE,
        TRAIN_OUTPUT,
        TEST_OUTPUT
    }

    /**
     * One number.
     *
     * @param iteration the last one that a line named
     * @param seconds since the start
     * @param net number of the test net; 0 for others
     * @param name of the output; empty for the loss and the learning rate
     * @param isLoss whether the output has a loss weight
     */
    public record Event(Kind kind, int iteration, double seconds, int net, String name, double value, boolean isLoss) {
    }

    /** Reads a log. @throws DataException if it cannot be read or has no line with "Solving" */
    public static TrainingLog read(Path file) {
        try (BufferedReader lines = new BufferedReader(
                new InputStreamReader(Files.newInputStream(file), StandardCharsets.ISO_8859_1))) {
            return new Reader(yearOf(file)).read(file, lines);
        } catch (IOException e) {
            throw new DataException("Cannot read the log " + file + ": " + e, e);
        }
    }

    private static int yearOf(Path file) throws IOException {
        FileTime time;
        try {
            time = (FileTime) Files.getAttribute(file, "unix:ctime");
        } catch (UnsupportedOperationException | IllegalArgumentException e) {
            time = Files.getLastModifiedTime(file);
        }
        return time.toInstant().atZone(ZoneId.systemDefault()).getYear();
    }

    private static final class Reader {
        private final List<Event> events = new ArrayList<>();
        private int year;
        private LocalDateTime start;
        private LocalDateTime last;
        private int iteration = -1;
        private int net;

        Reader(int year) {
            this.year = year;
        }

        TrainingLog read(Path file, BufferedReader lines) throws IOException {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (start != null) {
                    take(line);
                } else if (line.contains("Solving")) {
                    start = timeOf(line);
                    last = start;
                }
            }
            if (start == null) {
                throw new DataException(file + " has no line with \"Solving\" and a time, with which a training starts; expected what caffe"
                        + " train writes to stderr: caffe train ... 2>&1 | tee train.log");
            }
            return new TrainingLog(file, List.copyOf(events));
        }

        private void take(String line) {
            Matcher found = ITERATION.matcher(line);
            if (found.find()) {
                iteration = Integer.parseInt(found.group(1));
            }
            LocalDateTime time = iteration < 0 ? null : timeOf(line);
            if (time == null) {
                return;
            }
            if (time.getMonthValue() < last.getMonthValue() && time.getYear() == last.getYear()) {
                year++;
                time = time.plusYears(1);
            }
            last = time;
            double seconds = Duration.between(start, time).toNanos() / 1e9;
            Matcher test = TEST_NET.matcher(line);
            if (test.find()) {
                net = Integer.parseInt(test.group(1));
            }
            number(Kind.LEARNING_RATE, LEARNING_RATE.matcher(line), seconds);
            number(Kind.LOSS, LOSS.matcher(line), seconds);
            output(Kind.TRAIN_OUTPUT, TRAIN_OUTPUT.matcher(line), seconds, 0);
            output(Kind.TEST_OUTPUT, TEST_OUTPUT.matcher(line), seconds, net);
        }

        /** Time of a line in the present year; null if it has none. */
        private LocalDateTime timeOf(String line) {
            Matcher head = HEAD.matcher(line);
            if (!head.matches()) {
                return null;
            }
            try {
                return LocalDateTime.of(head.group(1) == null ? year : Integer.parseInt(head.group(1)), part(head, 2), part(head, 3),
                        part(head, 4), part(head, 5), part(head, 6), part(head, 7) * 1000);
            } catch (DateTimeException | NumberFormatException e) {
                return null;
            }
        }

        private static int part(Matcher head, int group) {
            return Integer.parseInt(head.group(group));
        }

        private void number(Kind kind, Matcher found, double seconds) {
            if (found.find()) {
                add(kind, seconds, 0, "", found.group(1), false);
            }
        }

        private void output(Kind kind, Matcher found, double seconds, int ofNet) {
            if (found.find()) {
                add(kind, seconds, ofNet, found.group(1), found.group(2), found.group("loss") != null);
            }
        }

        private void add(Kind kind, double seconds, int ofNet, String name, String number, boolean isLoss) {
            try {
                events.add(new Event(kind, iteration, seconds, ofNet, name, Double.parseDouble(number), isLoss));
            } catch (NumberFormatException e) {
                return;
            }
        }
    }
}
