package org.caffe4j.tools.netgraph;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.font.FontRenderContext;
import java.awt.geom.Area;
import java.awt.geom.Path2D;
import java.awt.geom.Point2D;
import java.awt.geom.Rectangle2D;
import java.awt.geom.RoundRectangle2D;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.Phase;
import org.caffe4j.tools.netgraph.NetGraph.Arrow;
import org.caffe4j.tools.netgraph.NetGraph.Box;
import org.caffe4j.tools.picture.Picture;
import org.eclipse.elk.core.options.Direction;
import org.eclipse.elk.graph.ElkBendPoint;
import org.eclipse.elk.graph.ElkEdge;
import org.eclipse.elk.graph.ElkEdgeSection;
import org.eclipse.elk.graph.ElkLabel;
import org.eclipse.elk.graph.ElkNode;

/**
 * Draws a {@link NetGraph}: a box for a layer, its in-place layers below it in the same box, the shape of each blob on its arrows, a tag for
 * layers of one phase.
 */
public final class NetDrawing {
    private static final Font TITLE = new Font(Font.SANS_SERIF, Font.BOLD, 20);
    private static final Font NAME = new Font(Font.SANS_SERIF, Font.BOLD, 13);
    private static final Font DETAIL = new Font(Font.SANS_SERIF, Font.PLAIN, 11);
    private static final Font TAG = new Font(Font.SANS_SERIF, Font.BOLD, 9);
    private static final FontRenderContext METRICS = new FontRenderContext(null, true, true);
    private static final int PAD = 10;
    private static final int NAME_LINE = 17;
    private static final int DETAIL_LINE = 14;
    private static final int ROUND = 10;
    private static final int STRIP = 5;
    private static final int MARGIN = 24;
    private static final int HEAD = 40;
    private static final double BEND = 8;
    private static final double ARROW = 7;
    private static final Color INK = new Color(0x24, 0x29, 0x2f);
    private static final Color GRAY = new Color(0x57, 0x60, 0x6a);
    private static final Color LINE = new Color(0x8c, 0x95, 0x9f);
    private static final Color OUTPUT = new Color(0xee, 0xf0, 0xf3);

    private final NetGraph graph;
    private final NetShapes shapes;
    private final boolean multipliers;
    private final Map<Box, ElkNode> nodes = new LinkedHashMap<>();
    private final NetLayout layout;

    /**
     * Lays the graph out.
     *
     * @param direction in which the data flow
     * @param multipliers whether to show the learning-rate multipliers
     */
    public NetDrawing(NetGraph graph, NetShapes shapes, Direction direction, boolean multipliers) {
        this.graph = graph;
        this.shapes = shapes;
        this.multipliers = multipliers;
        layout = new NetLayout(direction);
        for (Box box : graph.boxes()) {
            nodes.put(box, layout.node(width(box), height(box)));
        }
        for (Arrow arrow : graph.arrows()) {
            String text = label(arrow);
            layout.edge(nodes.get(arrow.from()), nodes.get(arrow.to()), arrow.blob(), text, width(DETAIL, text), DETAIL_LINE);
        }
        layout.run();
    }

    /** Writes the picture, under a line with the net's name, as PNG or SVG. */
    public void write(Path file, String title) {
        int width = (int) Math.ceil(Math.max(layout.width(), width(TITLE, title))) + 2 * MARGIN;
        int height = (int) Math.ceil(layout.height()) + 2 * MARGIN + HEAD;
        Picture.write(file, width, height, graphics -> {
            graphics.setFont(TITLE);
            graphics.setColor(INK);
            graphics.drawString(title, MARGIN, MARGIN + TITLE.getSize());
            graphics.translate(MARGIN, MARGIN + HEAD);
            layout.edges().forEach(edge -> paintLine(graphics, edge));
            nodes.forEach((box, node) -> paintBox(graphics, box, node));
            layout.edges().forEach(edge -> paintLabels(graphics, edge));
        });
    }

    private String label(Arrow arrow) {
        String shape = shapes.top(arrow.maker(), arrow.blob()).orElse("");
        boolean named = arrow.from().layers().stream().anyMatch(layer -> layer.getName().equals(arrow.blob())) || arrow.to().isOutput();
        return named ? shape : (arrow.blob() + "  " + shape).strip();
    }

    private List<String> details(LayerParameter layer) {
        List<String> lines = new ArrayList<>(LayerText.lines(layer));
        if (multipliers) {
            lines.addAll(LayerText.multipliers(layer, shapes.paramCount(layer)));
        }
        return lines;
    }

    private static String tag(LayerParameter layer) {
        Set<Phase> phases = NetGraph.phases(layer);
        return layer.getIncludeCount() + layer.getExcludeCount() > 0 && phases.size() == 1 ? phases.iterator().next().name() : "";
    }

    private double width(Box box) {
        if (box.isOutput()) {
            return width(NAME, box.output()) + 2 * PAD + ROUND;
        }
        double width = 0;
        for (LayerParameter layer : box.layers()) {
            double tag = tag(layer).isEmpty() ? 0 : width(TAG, tag(layer)) + 2 * PAD;
            width = Math.max(width, width(NAME, layer.getName()) + tag);
            width = Math.max(width, details(layer).stream().mapToDouble(line -> width(DETAIL, line)).max().orElse(0));
        }
        return Math.ceil(width) + 2 * PAD + STRIP;
    }

    private double height(Box box) {
        return box.isOutput() ? NAME_LINE + PAD : box.layers().stream().mapToDouble(this::height).sum();
    }

    private double height(LayerParameter layer) {
        return NAME_LINE + DETAIL_LINE * details(layer).size() + PAD;
    }

    private static double width(Font font, String text) {
        return text.isEmpty() ? 0 : font.getStringBounds(text, METRICS).getWidth();
    }

    private void paintBox(Graphics2D graphics, Box box, ElkNode node) {
        RoundRectangle2D outline = new RoundRectangle2D.Double(node.getX(), node.getY(), node.getWidth(), node.getHeight(),
                box.isOutput() ? node.getHeight() : ROUND, box.isOutput() ? node.getHeight() : ROUND);
        graphics.setStroke(new BasicStroke(1.2f));
        if (box.isOutput()) {
            graphics.setColor(OUTPUT);
            graphics.fill(outline);
            graphics.setColor(LINE);
            graphics.draw(outline);
            text(graphics, NAME, INK, box.output(), node.getX() + (node.getWidth() - width(NAME, box.output())) / 2, node.getY() + 18);
            return;
        }
        double y = node.getY();
        for (int i = 0; i < box.layers().size(); i++) {
            LayerParameter layer = box.layers().get(i);
            LayerFamily family = LayerFamily.of(layer.getType());
            double end = y + height(layer);
            graphics.setColor(family.pale());
            fillPart(graphics, outline, y, end, node.getX(), node.getWidth());
            graphics.setColor(family.color());
            fillPart(graphics, outline, y, end, node.getX(), STRIP);
            paintText(graphics, layer, family, node, y);
            y = end;
        }
        graphics.setColor(LayerFamily.of(box.layers().get(0).getType()).color());
        graphics.draw(outline);
    }

    /** The part of a box between two heights; corners of the box stay round. */
    private static void fillPart(Graphics2D graphics, RoundRectangle2D outline, double top, double bottom, double x, double width) {
        Area part = new Area(outline);
        part.intersect(new Area(new Rectangle2D.Double(x, top, width, bottom - top)));
        graphics.fill(part);
    }

    private void paintText(Graphics2D graphics, LayerParameter layer, LayerFamily family, ElkNode node, double top) {
        double x = node.getX() + STRIP + PAD;
        double y = top + PAD / 2.0 + 13;
        text(graphics, NAME, INK, layer.getName(), x, y);
        String tag = tag(layer);
        if (!tag.isEmpty()) {
            double width = width(TAG, tag) + 8;
            double left = node.getX() + node.getWidth() - width - 6;
            graphics.setColor(family.color());
            graphics.fill(new RoundRectangle2D.Double(left, y - 11, width, 13, 6, 6));
            text(graphics, TAG, Color.WHITE, tag, left + 4, y - 1);
        }
        for (String line : details(layer)) {
            y += DETAIL_LINE;
            text(graphics, DETAIL, GRAY, line, x, y + 1);
        }
    }

    private static void text(Graphics2D graphics, Font font, Color color, String text, double x, double y) {
        graphics.setFont(font);
        graphics.setColor(color);
        graphics.drawString(text, (float) x, (float) y);
    }

    private static void paintLine(Graphics2D graphics, ElkEdge edge) {
        graphics.setColor(LINE);
        graphics.setStroke(new BasicStroke(1.4f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
        for (ElkEdgeSection section : edge.getSections()) {
            List<Point2D> points = new ArrayList<>(List.of(new Point2D.Double(section.getStartX(), section.getStartY())));
            for (ElkBendPoint bend : section.getBendPoints()) {
                points.add(new Point2D.Double(bend.getX(), bend.getY()));
            }
            points.add(new Point2D.Double(section.getEndX(), section.getEndY()));
            Point2D tip = points.get(points.size() - 1);
            Point2D back = toward(tip, points.get(points.size() - 2), ARROW);
            points.set(points.size() - 1, back);
            graphics.draw(rounded(points));
            graphics.fill(head(tip, back));
        }
    }

    /** The point that lies {@code distance} from one point in the direction of another, at most half way. */
    private static Point2D toward(Point2D from, Point2D to, double distance) {
        double length = from.distance(to);
        double part = length == 0 ? 0 : Math.min(distance / length, 0.5);
        return new Point2D.Double(from.getX() + (to.getX() - from.getX()) * part, from.getY() + (to.getY() - from.getY()) * part);
    }

    private static Path2D rounded(List<Point2D> points) {
        Path2D line = new Path2D.Double();
        line.moveTo(points.get(0).getX(), points.get(0).getY());
        for (int i = 1; i < points.size() - 1; i++) {
            Point2D corner = points.get(i);
            Point2D before = toward(corner, points.get(i - 1), BEND);
            Point2D after = toward(corner, points.get(i + 1), BEND);
            line.lineTo(before.getX(), before.getY());
            line.quadTo(corner.getX(), corner.getY(), after.getX(), after.getY());
        }
        line.lineTo(points.get(points.size() - 1).getX(), points.get(points.size() - 1).getY());
        return line;
    }

    private static Path2D head(Point2D tip, Point2D back) {
        double dx = (tip.getX() - back.getX()) * 0.5;
        double dy = (tip.getY() - back.getY()) * 0.5;
        Path2D head = new Path2D.Double();
        head.moveTo(tip.getX(), tip.getY());
        head.lineTo(back.getX() - dy, back.getY() + dx);
        head.lineTo(back.getX() + dy, back.getY() - dx);
        head.closePath();
        return head;
    }

    private static void paintLabels(Graphics2D graphics, ElkEdge edge) {
        for (ElkLabel label : edge.getLabels()) {
            graphics.setColor(Color.WHITE);
            graphics.fill(new Rectangle2D.Double(label.getX() - 2, label.getY(), label.getWidth() + 4, label.getHeight()));
            text(graphics, DETAIL, GRAY, label.getText(), label.getX(), label.getY() + 11);
        }
    }
}
