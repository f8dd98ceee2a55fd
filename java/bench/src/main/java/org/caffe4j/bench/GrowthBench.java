package org.caffe4j.bench;

import java.awt.BasicStroke;
import java.awt.Color;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler;

/**
 * How the time of a forward pass grows with the work: over batch sizes, threads and image sizes, each beside the machine's limit for that
 * work. Prints tables in markdown and draws three charts. Arguments: the program that measures the peak, seconds for each point, the
 * picture to write (PNG), deploy prototxt files of nets that take images of any size.
 */
final class GrowthBench {
    private static final int[] BATCHES = {1, 2, 4, 8, 16, 32, 64};
    private static final int[] IMAGES = {224, 320, 448, 640, 896};

    private GrowthBench() {}

    /** One point: the work on the horizontal axis, milliseconds, and the limit's milliseconds. */
    private record Point(double x, double ms, double limitMs) {
    }

    private record Line(String net, List<Point> points) {
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        Path peak = Path.of(args[0]);
        double seconds = Double.parseDouble(args[1]);
        Path picture = Path.of(args[2]);
        List<Path> nets = Stream.of(args).skip(3).map(Path::of).toList();
        Machine machine = Machine.measure(peak).best(Machine.measure(peak));
        int[] threads = IntStream.rangeClosed(1, machine.threads()).toArray();
        List<XYChart> charts = new ArrayList<>();
        charts.add(chart("batch", "images a batch", true, nets, BATCHES, x -> new int[] {x, 0, machine.threads()}, machine, seconds));
        charts.add(chart("threads", "threads", false, nets, threads, x -> new int[] {1, 0, x}, machine, seconds));
        charts.add(chart("image", "height and width of the image", false, nets, IMAGES, x -> new int[] {1, x, machine.threads()}, machine, seconds));
        BitmapEncoder.saveBitmap(charts, 1, charts.size(), picture.toString(), BitmapEncoder.BitmapFormat.PNG);
        System.out.println("\n" + picture);
    }

    /** What a point measures: batch, image size (0 for the file's), threads. */
    private interface Setting {
        int[] of(int x);
    }

    private static XYChart chart(String what, String axis, boolean logarithmic, List<Path> nets, int[] values, Setting setting, Machine machine,
            double seconds) throws IOException, InterruptedException {
        XYChart chart = new XYChartBuilder().width(560).height(520).title("time over " + what).xAxisTitle(axis).yAxisTitle("ms").build();
        chart.getStyler().setXAxisLogarithmic(logarithmic).setYAxisLogarithmic(true).setLegendPosition(Styler.LegendPosition.OutsideS);
        chart.getStyler().setChartBackgroundColor(Color.WHITE);
        System.out.printf(Locale.ROOT, "%n| net | %s | ms | of the limit |%n|---|---|---|---|%n", what);
        for (Path net : nets) {
            Line line = measure(net, values, setting, machine, seconds);
            double[] x = line.points.stream().mapToDouble(Point::x).toArray();
            chart.addSeries(line.net, x, line.points.stream().mapToDouble(Point::ms).toArray());
            chart.addSeries(line.net + ", limit", x, line.points.stream().mapToDouble(Point::limitMs).toArray())
                    .setLineStyle(new BasicStroke(1, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 10, new float[] {4, 4}, 0));
            line.points.forEach(p -> System.out.printf(Locale.ROOT, "| %s | %.0f | %.2f | %.2f |%n", line.net, p.x, p.ms, p.ms / p.limitMs));
        }
        return chart;
    }

    private static Line measure(Path net, int[] values, Setting setting, Machine machine, double seconds) throws IOException, InterruptedException {
        List<Point> points = new ArrayList<>();
        for (int value : values) {
            int[] s = setting.of(value);
            Path folder = Files.createTempDirectory("caffe4j-bench");
            try {
                NetCost cost = NetFiles.write(net, s[0], s[1], folder, null);
                Measured measured = Measured.of(Engine.Kind.OPTIMIZED, new NetFiles(folder), s[2], seconds);
                points.add(new Point(value, measured.medianMs(), cost.limit(machine) * machine.threads() / s[2]));
            } finally {
                NetFiles.delete(folder);
            }
        }
        return new Line(NetFiles.name(net), points);
    }
}
