package org.caffe4j.tools.traininglog;

import java.awt.Color;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.caffe4j.tools.picture.Charts;
import org.caffe4j.tools.traininglog.TrainingLog.Event;
import org.caffe4j.tools.traininglog.TrainingLog.Kind;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;

/** The charts of Caffe's plot_training_log, by their numbers: the ordinals. */
public enum LogChart {
    TEST_ACCURACY_VS_ITERS("Test accuracy", "Iters"),
    TEST_ACCURACY_VS_SECONDS("Test accuracy", "Seconds"),
    TEST_LOSS_VS_ITERS("Test loss", "Iters"),
    TEST_LOSS_VS_SECONDS("Test loss", "Seconds"),
    TRAIN_LEARNING_RATE_VS_ITERS("Train learning rate", "Iters"),
    TRAIN_LEARNING_RATE_VS_SECONDS("Train learning rate", "Seconds"),
    TRAIN_LOSS_VS_ITERS("Train loss", "Iters"),
    TRAIN_LOSS_VS_SECONDS("Train loss", "Seconds");

    /** From so many points of a loss on the mean of neighbours is drawn over the points. */
    private static final int MANY = 200;
    private static final double LOGARITHMIC = 50;

    private final String what;
    private final String over;

    LogChart(String what, String over) {
        this.what = what;
        this.over = over;
    }

    /** What the chart shows, as Caffe's script names it: {@code Test accuracy vs. Iters}. */
    public String title() {
        return what + " vs. " + over;
    }

    /** The chart of some logs; outputs without a loss weight count as accuracies. A log that has nothing of it adds no line. */
    public XYChart draw(List<TrainingLog> logs) {
        XYChart chart = Charts.chart(title(), over, what);
        Map<String, Series> lines = new LinkedHashMap<>();
        for (TrainingLog log : logs) {
            Set<Integer> nets = new TreeSet<>();
            log.events().stream().filter(wanted()).forEach(event -> nets.add(event.net()));
            log.events().stream().filter(wanted()).forEach(event -> lines
                    .computeIfAbsent(name(log, event, logs.size() > 1, nets.size() > 1), name -> new Series())
                    .add(over.equals("Iters") ? event.iteration() : event.seconds(), event.value()));
        }
        boolean noisy = what.endsWith("loss");
        lines.forEach((name, series) -> series.addTo(chart, name, noisy));
        if (what.endsWith("rate") && isWide(lines.values())) {
            chart.getStyler().setYAxisLogarithmic(true);
        }
        return chart;
    }

    private Predicate<Event> wanted() {
        return switch (what) {
            case "Test accuracy" -> event -> event.kind() == Kind.TEST_OUTPUT && !event.isLoss();
            case "Test loss" -> event -> event.kind() == Kind.TEST_OUTPUT && event.isLoss();
            case "Train loss" -> event -> event.kind() == Kind.LOSS;
            default -> event -> event.kind() == Kind.LEARNING_RATE;
        };
    }

    private String name(TrainingLog log, Event event, boolean severalLogs, boolean severalNets) {
        List<String> parts = new ArrayList<>();
        if (severalLogs) {
            parts.add(log.file().getFileName().toString());
        }
        if (severalNets) {
            parts.add("net #" + event.net());
        }
        parts.add(event.name().isEmpty() ? what.replaceFirst("Train ", "") : event.name());
        return String.join(" · ", parts);
    }

    private static boolean isWide(Iterable<Series> lines) {
        double least = Double.POSITIVE_INFINITY;
        double most = 0;
        for (Series series : lines) {
            for (double y : series.y) {
                least = Math.min(least, y);
                most = Math.max(most, y);
            }
        }
        return least > 0 && most / least >= LOGARITHMIC;
    }

    private static final class Series {
        private final List<Double> x = new ArrayList<>();
        private final List<Double> y = new ArrayList<>();

        void add(double at, double value) {
            x.add(at);
            y.add(value);
        }

        void addTo(XYChart chart, String name, boolean noisy) {
            if (!noisy || x.size() < MANY) {
                Charts.line(chart, name, x, y);
                return;
            }
            int reach = x.size() / MANY * 2 + 2;
            Color color = chart.getStyler().getSeriesColors()[chart.getSeriesMap().size() / 2 % chart.getStyler().getSeriesColors().length];
            Charts.line(chart, name + " (points)", x, y);
            XYSeries points = chart.getSeriesMap().get(name + " (points)");
            points.setLineWidth(1).setLineColor(pale(color)).setShowInLegend(false);
            Charts.line(chart, name, x, smooth(reach));
            chart.getSeriesMap().get(name).setLineColor(color);
        }

        private static Color pale(Color color) {
            return new Color((color.getRed() + 3 * 255) / 4, (color.getGreen() + 3 * 255) / 4, (color.getBlue() + 3 * 255) / 4);
        }

        private List<Double> smooth(int reach) {
            List<Double> means = new ArrayList<>();
            for (int i = 0; i < y.size(); i++) {
                List<Double> around = y.subList(Math.max(0, i - reach), Math.min(y.size(), i + reach + 1));
                means.add(around.stream().mapToDouble(v -> v).average().orElseThrow());
            }
            return means;
        }
    }
}
