package org.caffe4j.tools.demo;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.caffe4j.solver.OutputValue;
import org.caffe4j.solver.Solver;
import org.caffe4j.solver.SolverListener;
import org.caffe4j.tools.picture.Charts;
import org.knowm.xchart.XYChart;

/** Collects the loss of every iteration and the outputs of every test while a solver runs, and draws them over the iterations. */
public final class TrainingCurves implements SolverListener {
    private static final int WINDOW = 10;

    private final List<Double> iterations = new ArrayList<>();
    private final List<Double> losses = new ArrayList<>();
    private final List<Double> tests = new ArrayList<>();
    private final List<Double> accuracies = new ArrayList<>();
    private final List<Double> testLosses = new ArrayList<>();

    @Override
    public void onIteration(Solver solver, float loss) {
        addLoss(solver.iteration(), loss);
    }

    @Override
    public void onTest(Solver solver, int net, List<OutputValue> outputs) {
        addTest(solver.iteration(), value(outputs, "accuracy"), value(outputs, "loss"));
    }

    void addLoss(int iteration, double loss) {
        iterations.add((double) iteration);
        losses.add(loss);
    }

    void addTest(int iteration, double accuracy, double loss) {
        tests.add((double) iteration);
        accuracies.add(accuracy);
        testLosses.add(loss);
    }

    private static double value(List<OutputValue> outputs, String name) {
        return outputs.stream().filter(output -> output.name().equals(name)).mapToDouble(OutputValue::value).findFirst().orElse(Double.NaN);
    }

    /** Accuracy of the last test; NaN before the first or if the net has no such output. */
    public double accuracy() {
        return accuracies.isEmpty() ? Double.NaN : accuracies.get(accuracies.size() - 1);
    }

    /** Writes two charts, as PNG or SVG: the losses, and the accuracy. */
    public void draw(Path file) {
        XYChart loss = Charts.chart("Loss", "Iteration", "");
        Charts.line(loss, "train, mean of " + WINDOW, every(iterations), every(smooth(losses)));
        Charts.line(loss, "test", tests, testLosses);
        loss.getStyler().setYAxisMin(0.0);
        XYChart accuracy = Charts.chart("Accuracy on held-out digits", "Iteration", "");
        Charts.line(accuracy, "test", tests, accuracies);
        accuracy.getStyler().setYAxisMin(0.0).setYAxisMax(1.0).setLegendVisible(false);
        Charts.write(file, List.of(loss, accuracy), 2);
    }

    /** One value for each window. */
    private static List<Double> every(List<Double> values) {
        return IntStream.range(0, values.size()).filter(i -> i == 0 || (i + 1) % WINDOW == 0).mapToObj(values::get).toList();
    }

    private static List<Double> smooth(List<Double> values) {
        List<Double> means = new ArrayList<>();
        for (int i = 0; i < values.size(); i++) {
            means.add(values.subList(Math.max(0, i + 1 - WINDOW), i + 1).stream().mapToDouble(v -> v).average().orElseThrow());
        }
        return means;
    }
}
