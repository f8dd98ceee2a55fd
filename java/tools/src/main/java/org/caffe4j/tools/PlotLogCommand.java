package org.caffe4j.tools;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.caffe4j.DataException;
import org.caffe4j.tools.picture.Charts;
import org.caffe4j.tools.picture.Picture;
import org.caffe4j.tools.traininglog.LogChart;
import org.caffe4j.tools.traininglog.TrainingLog;
import org.knowm.xchart.XYChart;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code caffe plot_log}: a chart of training logs, as Caffe's plot_training_log.py, or four in one picture. */
@Command(description = {"Draws a chart of training logs.",
    "Chart types: 0 test accuracy, 2 test loss, 4 learning rate, 6 train loss, each over iterations; 1, 3, 5, 7 the same over seconds;"
        + " all: 0, 2, 4 and 6 in one picture."}, sortOptions = false)
final class PlotLogCommand extends ToolCommand {
    private static final List<LogChart> ALL = List.of(LogChart.TRAIN_LOSS_VS_ITERS, LogChart.TEST_LOSS_VS_ITERS,
            LogChart.TEST_ACCURACY_VS_ITERS, LogChart.TRAIN_LEARNING_RATE_VS_ITERS);

    @Parameters(index = "0", paramLabel = "CHART_TYPE", description = "0 to 7, or all")
    private String type;

    @Parameters(index = "1", paramLabel = "PICTURE", description = "file to write, .png or .svg")
    private Path picture;

    @Parameters(index = "2..*", arity = "1..*", paramLabel = "LOG", description = "what caffe train wrote to stderr")
    private List<Path> logs;

    @Override
    public Integer call() {
        List<LogChart> wanted = charts();
        Picture.checkName(picture);
        List<TrainingLog> read = logs.stream().map(TrainingLog::read).toList();
        Picture.guard(() -> {
            List<XYChart> charts = wanted.stream().map(chart -> chart.draw(read)).filter(chart -> !chart.getSeriesMap().isEmpty()).toList();
            if (charts.isEmpty()) {
                throw new DataException("The logs " + logs + " have nothing for the chart \"" + wanted.get(0).title()
                        + "\": no such lines; were display and test_interval set in the solver?");
            }
            Charts.write(picture, charts, 2);
        });
        return 0;
    }

    private List<LogChart> charts() {
        if (type.toLowerCase(Locale.ROOT).equals("all")) {
            return ALL;
        }
        if (type.matches("[0-7]")) {
            return List.of(LogChart.values()[Integer.parseInt(type)]);
        }
        throw new UsageException(type + " is not a valid chart type. Chart types: " + Stream.of(LogChart.values())
                .map(chart -> chart.ordinal() + ": " + chart.title()).collect(Collectors.joining(", ")) + ", all");
    }
}
