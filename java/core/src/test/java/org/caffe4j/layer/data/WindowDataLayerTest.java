package org.caffe4j.layer.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.caffe4j.CaffeException;
import org.caffe4j.DataException;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.io.Image;
import org.caffe4j.io.Images;
import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One grey image of 6×8 pixels, whose pixel (y, x) is 10·y + x. */
class WindowDataLayerTest {
    private static final String IMAGE = "# 0\nimage.png\n1\n6\n8\n";

    @TempDir
    Path folder;

    @BeforeEach
    void image() throws IOException {
        byte[] pixels = new byte[48];
        for (int i = 0; i < 48; i++) {
            pixels[i] = (byte) (10 * (i / 8) + i % 8);
        }
        Files.write(folder.resolve("image.png"), Images.encode(new Image(6, 8, 1, pixels), "png"));
    }

    private LayerRunner runner(String windows, String fields, String transform) throws IOException {
        Files.writeString(folder.resolve("windows.txt"), windows);
        return LayerRunner.of("type: 'WindowData' window_data_param { source: '" + folder.resolve("windows.txt") + "' root_folder: '"
            + folder + "/' " + fields + " } transform_param { " + transform + " }", 2);
    }

    @Test
    void backgroundComesFirstWithLabelZero() throws Exception {
        String windows = IMAGE + "3\n5 0.9 2 1 3 2\n5 0.45 0 0 7 5\n7 0.1 4 3 5 4\n";
        for (String cache : new String[] {"", "cache_images: true"}) {
            try (LayerRunner runner = runner(windows, "batch_size: 5 fg_fraction: 0.5 bg_threshold: 0.3 scale: 2 " + cache,
                "crop_size: 2 mean_value: 1 scale: 100")) {
                assertArrayEquals(new long[] {5, 1, 2, 2}, runner.top.get(0).shape());
                float[] background = {2 * 33, 2 * 34, 2 * 43, 2 * 44};
                float[] foreground = {2 * 11, 2 * 12, 2 * 21, 2 * 22};
                float[] data = runner.forward();
                for (int i = 0; i < 5; i++) {
                    for (int j = 0; j < 4; j++) {
                        assertEquals(i < 3 ? background[j] : foreground[j], data[4 * i + j]);
                    }
                }
                assertArrayEquals(new float[] {0, 0, 0, 5, 5}, runner.top.get(1).data().toArray());
            }
        }
    }

    @Test
    void mirrorTurnsThePixelsButNotTheMean() throws Exception {
        try (LayerRunner runner = runner(IMAGE + "1\n1 1 2 1 3 2\n", "batch_size: 20 fg_fraction: 1", "crop_size: 2 mirror: true")) {
            float[] data = runner.forward();
            int mirrored = 0;
            for (int i = 0; i < 20; i++) {
                boolean turned = data[4 * i] == 13;
                mirrored += turned ? 1 : 0;
                assertArrayEquals(turned ? new float[] {13, 12, 23, 22} : new float[] {12, 13, 22, 23},
                    Arrays.copyOfRange(data, 4 * i, 4 * i + 4));
            }
            assertTrue(mirrored > 0 && mirrored < 20, mirrored + " of 20 mirrored");
        }
    }

    @Test
    void contextGrowsTheWindowAndWhatLiesOutsideIsZero() throws Exception {
        // 4 × 4 at the corner with 1 pixel of context in 6 × 6 becomes x, y = −1 … 5, seven pixels of which six lie inside: 7 → 6 pixels.
        try (LayerRunner runner = runner(IMAGE + "1\n1 1 0 0 3 3\n", "batch_size: 1 fg_fraction: 1 context_pad: 1",
            "crop_size: 6 mean_value: 200")) {
            float[] data = runner.forward();
            for (int i = 0; i < 36; i++) {
                boolean empty = i < 6 || i % 6 == 0;
                assertEquals(empty, data[i] == 0, "pixel " + i + " is " + data[i]);
            }
            assertTrue(data[7] >= -200 && data[7] < -195, "the image's corner, resized, is " + data[7]);
        }
    }

    @Test
    void squareKeepsTheAspect() throws Exception {
        // A window of 1 row and 5 columns in the middle grows to a square around it: rows 1…6, the last one outside.
        try (LayerRunner runner = runner(IMAGE + "1\n1 1 1 3 5 3\n", "batch_size: 1 fg_fraction: 1 crop_mode: 'square'",
            "crop_size: 6 mean_value: 200")) {
            float[] data = runner.forward();
            assertArrayEquals(new float[] {11 - 200, 12 - 200, 13 - 200, 14 - 200, 15 - 200, 16 - 200},
                Arrays.copyOfRange(data, 0, 6));
            assertArrayEquals(new float[6], Arrays.copyOfRange(data, 30, 36));
        }
    }

    @Test
    void badFilesAndFieldsAreNamed() throws Exception {
        String one = IMAGE + "1\n1 1 0 0 3 3\n";
        assertError(NetDefinitionException.class, "crop_size must be set", one, "", "");
        assertError(NetDefinitionException.class, "crop_mode", one, "crop_mode: 'round'", "crop_size: 2");
        assertError(NetDefinitionException.class, "context_pad 1 leaves nothing", one, "context_pad: 1", "crop_size: 2");
        assertError(NetDefinitionException.class, "fg_fraction", one, "fg_fraction: 2", "crop_size: 2");
        assertError(NetDefinitionException.class, "mean_file and mean_value", one, "", "crop_size: 2 mean_file: 'm' mean_value: 1");
        assertError(DataException.class, "1 foreground and 0 background windows", one, "", "crop_size: 2");
        assertError(DataException.class, "the mean has 2", one, "fg_fraction: 1", "crop_size: 2 mean_value: 1 mean_value: 2");
        assertError(DataException.class, "Window file is empty", "\n", "", "crop_size: 2");
        assertError(DataException.class, "windows.txt:1", "image.png\n", "", "crop_size: 2");
        assertError(DataException.class, "windows.txt:7", IMAGE + "1\n1 1 0 0 3\n", "", "crop_size: 2");
        assertError(DataException.class, "does not lie inside", IMAGE + "1\n1 1 0 0 8 3\n", "", "crop_size: 2");
        assertError(DataException.class, "the end of the file", IMAGE + "2\n1 1 0 0 3 3\n", "", "crop_size: 2");
        assertError(DataException.class, "no class above 0", IMAGE + "1\n0 1 0 0 3 3\n", "", "crop_size: 2");
        assertError(DataException.class, "impossible shape", one.replace("\n1\n6\n", "\n2\n6\n"), "", "crop_size: 2");
        try (LayerRunner runner = runner(one.replace("\n6\n8\n", "\n6\n9\n"), "batch_size: 1 fg_fraction: 1", "crop_size: 2")) {
            String message = assertThrows(DataException.class, runner::forward).getMessage();
            assertTrue(message.contains("image.png") && message.contains("the window file says"), message);
        }
    }

    private void assertError(Class<? extends CaffeException> kind, String text, String windows, String fields, String transform) {
        String message = assertThrows(kind, () -> runner(windows, fields + " batch_size: 2", transform)).getMessage();
        assertTrue(message.contains(text), message);
        assertTrue(kind != DataException.class || message.startsWith("layer 'layer' (WindowData): "), message);
    }
}
