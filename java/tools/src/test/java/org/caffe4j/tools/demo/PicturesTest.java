package org.caffe4j.tools.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import javax.imageio.ImageIO;
import org.caffe4j.io.Image;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PicturesTest {
    private static final Color WRONG = new Color(0xd0, 0x20, 0x20);

    @TempDir
    Path folder;

    @BeforeAll
    static void headless() {
        System.setProperty("java.awt.headless", "true");
    }

    private static Digit white(int label) {
        byte[] pixels = new byte[16];
        Arrays.fill(pixels, (byte) 255);
        return new Digit(new Image(4, 4, 1, pixels), label);
    }

    private static long count(BufferedImage picture, Color color) {
        long count = 0;
        for (int y = 0; y < picture.getHeight(); y++) {
            for (int x = 0; x < picture.getWidth(); x++) {
                count += picture.getRGB(x, y) == color.getRGB() ? 1 : 0;
            }
        }
        return count;
    }

    @Test
    void onlyWrongAnswersAreMarked() throws IOException {
        List<Digit> digits = Collections.nCopies(26, white(3));
        AnswerGrid.draw(digits, Collections.nCopies(26, 3), folder.resolve("right.png"));
        BufferedImage right = ImageIO.read(folder.resolve("right.png").toFile());
        assertEquals(0, count(right, WRONG));
        List<Integer> oneWrong = new ArrayList<>(Collections.nCopies(26, 3));
        oneWrong.set(25, 5);
        AnswerGrid.draw(digits, oneWrong, folder.resolve("wrong.png"));
        BufferedImage wrong = ImageIO.read(folder.resolve("wrong.png").toFile());
        assertEquals(right.getHeight(), wrong.getHeight());
        assertTrue(count(wrong, WRONG) > 4 * 48, "the frame of the last digit");
        assertEquals(right.getRGB(3, 3), wrong.getRGB(3, 3));
    }

    @Test
    void theCurvesShowWhatWasCollected() throws IOException {
        TrainingCurves curves = new TrainingCurves();
        assertTrue(Double.isNaN(curves.accuracy()));
        curves.draw(folder.resolve("empty.png"));
        for (int i = 1; i <= 600; i++) {
            curves.addLoss(i, 1.0 / i);
        }
        curves.addTest(600, 0.75, 0.1);
        assertEquals(0.75, curves.accuracy());
        curves.draw(folder.resolve("curves.png"));
        BufferedImage empty = ImageIO.read(folder.resolve("empty.png").toFile());
        BufferedImage drawn = ImageIO.read(folder.resolve("curves.png").toFile());
        assertEquals(empty.getWidth(), drawn.getWidth());
        assertNotEquals(count(empty, Color.WHITE), count(drawn, Color.WHITE));
    }
}
