package org.caffe4j.tools.demo;

import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.caffe4j.DataException;
import org.caffe4j.io.Image;

/** A picture of digits in rows, the predicted label under each; a wrong one is framed in red, with the right label in brackets. */
public final class AnswerGrid {
    private static final int COLUMNS = 25;
    private static final int CELL = 48;
    private static final int TEXT = 18;
    private static final int MARGIN = 6;
    private static final Color RIGHT = new Color(0x20, 0x80, 0x40);
    private static final Color WRONG = new Color(0xd0, 0x20, 0x20);

    private AnswerGrid() {}

    /** Writes the picture as PNG; {@code predicted} has a label for each digit. */
    public static void draw(List<Digit> digits, List<Integer> predicted, Path png) {
        int rows = (digits.size() + COLUMNS - 1) / COLUMNS;
        int stepX = CELL + MARGIN;
        int stepY = CELL + TEXT + MARGIN;
        BufferedImage picture = new BufferedImage(COLUMNS * stepX + MARGIN, rows * stepY + MARGIN, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = picture.createGraphics();
        try {
            graphics.setColor(Color.WHITE);
            graphics.fillRect(0, 0, picture.getWidth(), picture.getHeight());
            graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
            graphics.setFont(new Font(Font.SANS_SERIF, Font.BOLD, TEXT - 4));
            for (int i = 0; i < digits.size(); i++) {
                int x = MARGIN + i % COLUMNS * stepX;
                int y = MARGIN + i / COLUMNS * stepY;
                graphics.drawImage(toAwt(digits.get(i).image()), x, y, CELL, CELL, null);
                label(graphics, digits.get(i).label(), predicted.get(i), x, y);
            }
        } finally {
            graphics.dispose();
        }
        try {
            ImageIO.write(picture, "png", png.toFile());
        } catch (IOException e) {
            throw new DataException("Could not write the picture of the answers to " + png + ": " + e, e);
        }
    }

    private static void label(Graphics2D graphics, int label, int predicted, int x, int y) {
        boolean right = label == predicted;
        String text = right ? Integer.toString(predicted) : predicted + " (" + label + ")";
        graphics.setColor(right ? RIGHT : WRONG);
        if (!right) {
            for (int i = 1; i <= 3; i++) {
                graphics.drawRect(x - i, y - i, CELL + 2 * i - 1, CELL + 2 * i - 1);
            }
        }
        graphics.drawString(text, x + (CELL - graphics.getFontMetrics().stringWidth(text)) / 2, y + CELL + TEXT - 3);
    }

    private static BufferedImage toAwt(Image image) {
        BufferedImage grey = new BufferedImage(image.width(), image.height(), BufferedImage.TYPE_BYTE_GRAY);
        grey.getRaster().setDataElements(0, 0, image.width(), image.height(), image.pixels());
        return grey;
    }
}
