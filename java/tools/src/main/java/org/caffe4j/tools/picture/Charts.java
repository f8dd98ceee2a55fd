package org.caffe4j.tools.picture;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.geom.AffineTransform;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.caffe4j.LogNumbers;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.Styler.LegendLayout;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Line charts in one style, and pictures of several of them. */
public final class Charts {
    private static final int WIDTH = 800;
    private static final int HEIGHT = 500;
    private static final Color TEXT = new Color(0x33, 0x38, 0x40);
    private static final Color GRID = new Color(0xe4, 0xe7, 0xeb);
    private static final Color[] COLORS = {
        new Color(0x1f77b4), new Color(0xd6, 0x4a, 0x28), new Color(0x2c, 0x9a, 0x5b), new Color(0x8e, 0x5b, 0xb5),
        new Color(0xe0, 0x9a, 0x18), new Color(0x17, 0xa2, 0xb8), new Color(0xd1, 0x5f, 0x9e), new Color(0x7f, 0x7f, 0x7f)};

    private Charts() {
    }

    /** An empty chart. */
    public static XYChart chart(String title, String xTitle, String yTitle) {
        XYChart chart = new XYChartBuilder().width(WIDTH).height(HEIGHT).title(title).xAxisTitle(xTitle).yAxisTitle(yTitle).build();
        XYStyler styler = chart.getStyler();
        styler.setChartBackgroundColor(Color.WHITE).setChartFontColor(TEXT).setSeriesColors(COLORS).setChartPadding(14);
        styler.setChartTitleFont(new Font(Font.SANS_SERIF, Font.BOLD, 17)).setChartTitlePadding(8).setChartTitleBoxVisible(false);
        styler.setLegendPosition(LegendPosition.OutsideS).setLegendLayout(LegendLayout.Horizontal);
        styler.setLegendBorderColor(Color.WHITE).setLegendFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
        styler.setPlotBackgroundColor(Color.WHITE).setPlotBorderVisible(false).setPlotContentSize(0.97);
        styler.setPlotGridLinesColor(GRID).setPlotGridLinesStroke(new BasicStroke(1)).setAxisTickMarksColor(GRID)
                .setAxisTickLabelsFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12)).setAxisTickLabelsColor(TEXT)
                .setAxisTitleFont(new Font(Font.SANS_SERIF, Font.PLAIN, 13));
        styler.setXAxisTickMarkSpacingHint(90).setXAxisMin(0.0);
        chart.setCustomXAxisTickLabelsFormatter(Charts::number);
        return chart;
    }

    private static String number(double value) {
        return value == Math.rint(value) ? String.format(Locale.ROOT, "%,.0f", value) : LogNumbers.format(value);
    }

    /** Adds a line without marks at its points, unless it has a single one. */
    public static void line(XYChart chart, String name, List<Double> x, List<Double> y) {
        if (!x.isEmpty()) {
            chart.addSeries(name, uneven(x), y).setMarker(x.size() == 1 ? SeriesMarkers.CIRCLE : SeriesMarkers.NONE).setLineWidth(2);
        }
    }

    /** XChart marks multiples of the distance of equally spaced values, 2660, 5320, …; one value out of step makes it mark round numbers. */
    private static List<Double> uneven(List<Double> x) {
        if (x.size() < 3) {
            return x;
        }
        List<Double> moved = new ArrayList<>(x);
        moved.set(1, x.get(1) + (x.get(2) - x.get(1)) / 500);
        return moved;
    }

    /** Writes charts side by side in rows of {@code columns}, as PNG or SVG. */
    public static void write(Path file, List<XYChart> charts, int columns) {
        int rows = (charts.size() + columns - 1) / columns;
        Picture.write(file, WIDTH * Math.min(columns, charts.size()), HEIGHT * rows, graphics -> {
            for (int i = 0; i < charts.size(); i++) {
                Graphics2D part = (Graphics2D) graphics.create();
                part.transform(AffineTransform.getTranslateInstance(i % columns * WIDTH, i / columns * HEIGHT));
                charts.get(i).paint(part, WIDTH, HEIGHT);
                part.dispose();
            }
        });
    }
}
