package org.caffe4j.tools;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.caffe4j.tools.traininglog.LogChart;
import org.caffe4j.tools.traininglog.TrainingLog;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.knowm.xchart.XYChart;

/** The log starts on the last day of a year, is interrupted by lines of no use, and ends within an iteration. */
class LogCommandsTest {
    private static final String LOG = """
            I1231 23:59:57.000000     1 caffe.cpp:204] Iteration 7, lr = 9
            I1231 23:59:58.500000     1 solver.cpp:288] Solving LeNet
            I1231 23:59:58.500001     1 solver.cpp:289] Learning Rate Policy: step
            I1231 23:59:58.600000     1 solver.cpp:347] Iteration 0, Testing net (#0)
            I1231 23:59:58.750000     1 solver.cpp:414]     Test net output #0: accuracy = 0.25
            I1231 23:59:58.750000     1 solver.cpp:414]     Test net output #1: loss = 1.6815 (* 1 = 1.6815 loss)
            I1231 23:59:59.000000     1 solver.cpp:239] Iteration 0 (1e+06 iter/s, 0s/5 iters), loss = 2.55365
            I1231 23:59:59.000000     1 solver.cpp:258]     Train net output #0: loss = 2.55365 (* 1 = 2.55365 loss)
            I1231 23:59:59.000000     1 sgd_solver.cpp:112] Iteration 0, lr = 0.05
            a line of a library, Iteration 3
            I0101 00:00:01.250000     1 solver.cpp:239] Iteration 5 (2.2 iter/s, 2s/5 iters), loss = 1e-05
            I0101 00:00:01.250000     1 solver.cpp:258]     Train net output #0: loss = 1e-05 (* 1 = 1e-05 loss)
            I0101 00:00:01.250001     1 sgd_solver.cpp:112] Iteration 5, lr = 5e-4
            I0101 00:00:02.000000     1 solver.cpp:347] Iteration 10, Testing net (#0)
            I0101 00:00:02.500000     1 solver.cpp:414]     Test net output #0: accuracy = 1
            I0101 00:00:02.500000     1 solver.cpp:414]     Test net output #1: loss = nan (* 1 = nan loss)
            I0101 00:00:03.500000     1 solver.cpp:239] Iteration 10 (2.2 iter/s, 2s/5 iters), loss = nan
            I0101 00:00:03.500000     1 solver.cpp:258]     Train net output #0: loss = 12345678 (* 1 = 12345678 loss)
            I0101 00:00:04.000000     1 solver.cpp:347] Iteration 15, Testing net (#0)
            I0101 00:00:04.500000     1 solver.cpp:414]     Test net output #0: accuracy = 0.5
            """;

    @TempDir
    Path folder;

    private Path log;

    @BeforeEach
    void writeLog() throws IOException {
        log = folder.resolve("train.log");
        Files.writeString(log, LOG, StandardCharsets.UTF_8);
    }

    @Test
    void tablesAsCaffesScriptWritesThem() throws IOException {
        CommandLineRun run = CommandLineRun.of("parse_log", log.toString(), folder.toString());
        assertEquals(0, run.code(), run.err());
        assertEquals("", run.out());
        assertEquals("""
                NumIters,Seconds,LearningRate,loss
                0.0,0.5,0.05,2.55365
                5.0,2.75,0.05,1e-05
                10.0,5.0,0.0005,12345678.0
                """.replace("\n", "\r\n"), Files.readString(folder.resolve("train.log.train")));
        assertEquals("""
                NumIters,Seconds,LearningRate,accuracy,loss
                0.0,0.25,0.0005,0.25,1.6815
                10.0,4.0,0.0005,1.0,
                """.replace("\n", "\r\n"), Files.readString(folder.resolve("train.log.test")));
    }

    @Test
    void datesOfEightDigitsAndAnotherDelimiter() throws IOException {
        Files.writeString(log, LOG.replaceAll("(?m)^I1231", "I20201231").replaceAll("(?m)^I0101", "I20210101").replace("loss = nan", "loss = 3"));
        CommandLineRun run = CommandLineRun.of("parse_log", "--verbose", "--delimiter", ";", log.toString(), folder.toString());
        assertEquals(0, run.code(), run.err());
        assertEquals(List.of("Wrote " + log + ".train", "Wrote " + log + ".test"), run.out().lines().toList());
        assertEquals("NumIters;Seconds;LearningRate;accuracy;loss\r\n0.0;0.25;0.0005;0.25;1.6815\r\n10.0;4.0;0.0005;1.0;3.0\r\n",
                Files.readString(folder.resolve("train.log.test")));
    }

    @Test
    void aTableWithoutRowsIsNotWritten() throws IOException {
        Files.writeString(log, "I0101 00:00:00.000000 1 s:1] Solving x\nI0101 00:00:01.000000 1 s:1] Iteration 3, Testing net (#0)\n"
                + "I0101 00:00:02.000000 1 s:1]     Test net output #0: accuracy = 0.5\n");
        CommandLineRun run = CommandLineRun.of("parse_log", log.toString(), folder.toString(), "--verbose");
        assertEquals(0, run.code(), run.err());
        assertEquals(List.of("Not writing " + log + ".train; no lines to write", "Wrote " + log + ".test"), run.out().lines().toList());
        assertEquals("NumIters,Seconds,LearningRate,accuracy\r\n3.0,2.0,nan,0.5\r\n", Files.readString(folder.resolve("train.log.test")));
    }

    @Test
    void aFileThatIsNoLogSaysWhatWasExpected() throws IOException {
        Files.writeString(log, "hello\n");
        CommandLineRun run = CommandLineRun.of("parse_log", log.toString(), folder.toString());
        assertEquals(1, run.code());
        assertTrue(run.log().get(0).startsWith(log + " has no line with \"Solving\""), run.err());
    }

    @ParameterizedTest
    @CsvSource({"0, accuracy, 0 10 15, 0.25 1 0.5", "1, accuracy, 0.25 4 6, 0.25 1 0.5", "2, loss, 0, 1.6815", "3, loss, 0.25, 1.6815",
        "4, learning rate, 0 5, 0.05 0.0005", "5, learning rate, 0.5 2.750001, 0.05 0.0005", "6, loss, 0 5, 2.55365 1e-5",
        "7, loss, 0.5 2.75, 2.55365 1e-5"})
    void everyChartShowsItsNumbers(int type, String line, String x, String y) {
        XYChart chart = LogChart.values()[type].draw(List.of(TrainingLog.read(log)));
        assertEquals(Set.of(line), chart.getSeriesMap().keySet());
        // One value is moved by a five hundredth of a step, out of step with the others.
        assertArrayEquals(numbers(x), chart.getSeriesMap().get(line).getXData(), 0.011);
        assertArrayEquals(numbers(y), chart.getSeriesMap().get(line).getYData(), 0);
    }

    private static double[] numbers(String text) {
        return Stream.of(text.split(" ")).mapToDouble(Double::parseDouble).toArray();
    }

    @Test
    void aPictureHasTheLine() throws IOException {
        Path picture = folder.resolve("chart.png");
        CommandLineRun run = CommandLineRun.of("plot_log", "0", picture.toString(), log.toString());
        assertEquals(0, run.code(), run.err());
        BufferedImage image = ImageIO.read(picture.toFile());
        int[] pixels = image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
        assertTrue(IntStream.of(pixels).filter(pixel -> pixel == 0xff1f77b4).count() > 100, "the picture shows no line");
    }

    @Test
    void theLinesOfSeveralLogsAreNamedAfterThem() {
        TrainingLog read = TrainingLog.read(log);
        XYChart chart = LogChart.TEST_LOSS_VS_ITERS.draw(List.of(read, new TrainingLog(folder.resolve("other.log"), read.events())));
        assertEquals(Set.of("train.log · loss", "other.log · loss"), chart.getSeriesMap().keySet());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "8 chart.png | 8 is not a valid chart type",
        "0 chart.gif | Pictures are written as .png or .svg",
        "4 chart.png | have nothing for the chart \"Train learning rate vs. Iters\""})
    void whatCannotBePlotted(String arguments, String message) throws IOException {
        Files.writeString(log, "I0101 00:00:00.000000 1 s:1] Solving x\n");
        String[] parts = arguments.split(" ");
        CommandLineRun run = CommandLineRun.of("plot_log", parts[0], folder.resolve(parts[1]).toString(), log.toString());
        assertEquals(1, run.code());
        assertTrue(run.err().contains(message), run.err());
    }
}
