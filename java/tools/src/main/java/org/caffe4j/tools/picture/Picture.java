package org.caffe4j.tools.picture;

import java.awt.Color;
import java.awt.Dimension;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Consumer;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.apache.batik.svggen.SVGGraphics2D;
import org.caffe4j.CaffeException;
import org.caffe4j.io.AtomicFile;
import org.w3c.dom.Document;

/** Writes what a drawing paints as PNG or SVG, as the file's name says; whole or not at all. */
public final class Picture {
    private static final String SVG = "http://www.w3.org/2000/svg";
    /** A PNG has this many pixels a unit, if it then stays below {@link #LARGE}. */
    private static final int FINE = 2;
    private static final int LARGE = 12_000;
    /** More does not fit an image of Java's. */
    private static final long MAX_PIXELS = 1L << 29;

    static {
        System.setProperty("java.awt.headless", "true");
    }

    private Picture() {
    }

    /** @throws CaffeException unless the name ends in {@code .png} or {@code .svg} */
    public static void checkName(Path file) {
        if (!isSvg(file) && !name(file).endsWith(".png")) {
            throw new CaffeException("Pictures are written as .png or .svg, but the name is " + file);
        }
    }

    private static boolean isSvg(Path file) {
        return name(file).endsWith(".svg");
    }

    private static String name(Path file) {
        return file.toString().toLowerCase(Locale.ROOT);
    }

    /**
     * Paints on white and writes.
     *
     * @param width in units: pixels of SVG; a PNG has two pixels a unit where that is not too large
     * @throws CaffeException if the file cannot be written, or Java cannot draw on this machine
     */
    public static void write(Path file, int width, int height, Consumer<Graphics2D> drawing) {
        checkName(file);
        guard(() -> AtomicFile.write(file, temporary -> {
            if (isSvg(file)) {
                writeSvg(temporary, width, height, drawing);
            } else {
                writePng(temporary, width, height, drawing);
            }
        }));
    }

    /** Draws. @throws CaffeException where Java finds no fonts, which a small machine may lack */
    public static void guard(Runnable drawing) {
        try {
            drawing.run();
        } catch (LinkageError | InternalError | NullPointerException e) {
            throw new CaffeException("A picture could not be drawn (" + e + "); install fontconfig and a font such as fonts-dejavu-core", e);
        }
    }

    private static void writePng(Path file, int width, int height, Consumer<Graphics2D> drawing) throws IOException {
        int scale = Math.max(width, height) * FINE <= LARGE ? FINE : 1;
        if ((long) width * height > MAX_PIXELS) {
            throw new CaffeException("A picture of " + width + " × " + height + " pixels is too large for PNG; write it as .svg");
        }
        BufferedImage image = new BufferedImage(width * scale, height * scale, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        graphics.setRenderingHint(RenderingHints.KEY_FRACTIONALMETRICS, RenderingHints.VALUE_FRACTIONALMETRICS_ON);
        graphics.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
        graphics.scale(scale, scale);
        paint(graphics, width, height, drawing);
        ImageIO.write(image, "png", file.toFile());
    }

    private static void writeSvg(Path file, int width, int height, Consumer<Graphics2D> drawing) throws IOException {
        Document document;
        try {
            document = DocumentBuilderFactory.newInstance().newDocumentBuilder().getDOMImplementation().createDocument(SVG, "svg", null);
        } catch (ParserConfigurationException e) {
            throw new IllegalStateException(e);
        }
        SVGGraphics2D graphics = new SVGGraphics2D(document);
        graphics.setSVGCanvasSize(new Dimension(width, height));
        paint(graphics, width, height, drawing);
        try (Writer out = Files.newBufferedWriter(file, StandardCharsets.UTF_8)) {
            graphics.stream(out, true);
        }
    }

    private static void paint(Graphics2D graphics, int width, int height, Consumer<Graphics2D> drawing) {
        graphics.setColor(Color.WHITE);
        graphics.fillRect(0, 0, width, height);
        drawing.accept(graphics);
        graphics.dispose();
    }
}
