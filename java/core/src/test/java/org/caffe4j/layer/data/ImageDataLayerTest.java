package org.caffe4j.layer.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.caffe4j.CaffeException;
import org.caffe4j.DataException;
import org.caffe4j.MersenneTwister;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.io.Image;
import org.caffe4j.io.Images;
import org.caffe4j.layer.LayerRunner;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImageDataLayerTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"image_crop_mean", "image_gray", "image_resize"})
    void recordedBatches(String name) throws Exception {
        RecordedBatches.replay(name);
    }

    /** Image i is one grey pixel of value i; its label is 10·i. */
    private Path list(int images) throws IOException {
        StringBuilder list = new StringBuilder();
        for (int i = 0; i < images; i++) {
            Files.write(folder.resolve("pixel " + i + ".png"), Images.encode(new Image(1, 1, 1, new byte[] {(byte) i}), "png"));
            list.append("pixel ").append(i).append(".png ").append(10 * i).append("\r\n\n");
        }
        return Files.writeString(folder.resolve("list.txt"), list);
    }

    private LayerRunner runner(String fields) {
        return LayerRunner.of("type: 'ImageData' image_data_param { source: '" + folder.resolve("list.txt") + "' root_folder: '" + folder
            + "/' is_color: false " + fields + " }", 2);
    }

    @Test
    void passesFollowOneAnotherInOrder() throws Exception {
        list(5);
        try (LayerRunner runner = runner("batch_size: 3")) {
            assertArrayEquals(new long[] {3, 1, 1, 1}, runner.top.get(0).shape());
            assertArrayEquals(new long[] {3}, runner.top.get(1).shape());
            assertArrayEquals(new float[] {0, 1, 2}, runner.forward());
            assertArrayEquals(new float[] {0, 10, 20}, runner.top.get(1).data().toArray());
            assertArrayEquals(new float[] {3, 4, 0}, runner.forward());
            assertArrayEquals(new float[] {30, 40, 0}, runner.top.get(1).data().toArray());
        }
    }

    @Test
    void shuffleShowsEveryImageOncePerPassAndIsRepeatable() throws Exception {
        list(40);
        try (LayerRunner runner = runner("batch_size: 40 shuffle: true"); LayerRunner again = runner("batch_size: 40 shuffle: true")) {
            float[] first = runner.forward().clone();
            float[] second = runner.forward().clone();
            assertFalse(Arrays.equals(first, second), "each pass has an order of its own");
            assertArrayEquals(first, again.forward());
            assertArrayEquals(second, again.forward());
            for (int i = 0; i < 40; i++) {
                assertEquals(10 * second[i], runner.top.get(1).data().toArray()[i]);
            }
            Arrays.sort(first);
            for (int i = 0; i < 40; i++) {
                assertEquals(i, first[i]);
            }
        }
    }

    /** Order and number of the draws, and how Boost draws from a range, are Caffe's: later fillers depend on them too. */
    @Test
    void drawsWhatCaffeDraws() throws Exception {
        list(40);
        try (LayerRunner runner = runner("batch_size: 40 shuffle: true rand_skip: 1 } transform_param { mirror: true")) {
            MersenneTwister expected = new MersenneTwister(1);
            expected.nextUnsigned();
            MersenneTwister shuffles = new MersenneTwister(expected.nextUnsigned());
            for (int i = 0; i < 3; i++) {
                expected.nextUnsigned(); // rand_skip, the transformer again, the prefetch thread
            }
            List<Float> order = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                order.add((float) i);
            }
            for (int i = 39; i > 0; i--) {
                long bucket = 0xffffffffL / (i + 1) + (0xffffffffL % (i + 1) == i ? 1 : 0);
                long drawn = shuffles.nextUnsigned() / bucket;
                while (drawn > i) {
                    drawn = shuffles.nextUnsigned() / bucket;
                }
                Collections.swap(order, i, (int) drawn);
            }
            float[] first = runner.forward();
            for (int i = 0; i < 40; i++) {
                assertEquals(order.get(i), first[i]);
            }
            assertEquals(expected.nextUnsigned(), runner.context.rng().nextUnsigned());
        }
    }

    @Test
    void randSkipStartsSomewhereBelowIt() throws Exception {
        list(30);
        try (LayerRunner runner = runner("batch_size: 1 rand_skip: 30")) {
            float start = runner.forward()[0];
            assertTrue(start > 0, "seed 1 skips some");
            assertEquals((start + 1) % 30, runner.forward()[0]);
        }
        String message = assertThrows(DataException.class, () -> runner("batch_size: 1 rand_skip: 4000000000")).getMessage();
        assertTrue(message.contains("Not enough points to skip"), message);
    }

    @Test
    void badListsImagesAndFieldsAreNamed() throws Exception {
        list(2);
        assertError(NetDefinitionException.class, "new_height and new_width to be set at the same time", "new_height: 4");
        assertError(NetDefinitionException.class, "batch_size", "batch_size: 0");
        assertError(NetDefinitionException.class, "prefetch", "} data_param { prefetch: 0");
        assertError(DataException.class, "crop_size 2 is larger", "} transform_param { crop_size: 2");
        assertListError("File is empty", "\n \n");
        assertListError("list.txt:2", "pixel 0.png 1\nnolabel\n");
        assertListError("list.txt:1", "pixel 0.png one\n");
        assertListError("Could not load " + folder + "/none.png", "none.png 0\n");
        Files.writeString(folder.resolve("text.png"), "no image");
        assertListError("text.png", "text.png 0\n");
        Files.delete(folder.resolve("list.txt"));
        assertError(DataException.class, "list.txt", "");
    }

    @Test
    void imageOfAnotherSizeIsNamedWhenItsTurnComes() throws Exception {
        list(2);
        Files.write(folder.resolve("wide.png"), Images.encode(new Image(1, 2, 1, new byte[2]), "png"));
        Files.writeString(folder.resolve("list.txt"), "pixel 0.png 0\npixel 1.png 0\npixel 1.png 0\nwide.png 7\n");
        try (LayerRunner runner = runner("batch_size: 2")) {
            runner.forward();
            String message = assertThrows(DataException.class, runner::forward).getMessage();
            assertTrue(message.contains("wide.png"), message);
        }
    }

    private void assertListError(String text, String list) throws IOException {
        Files.writeString(folder.resolve("list.txt"), list);
        assertError(DataException.class, text, "batch_size: 1");
    }

    private void assertError(Class<? extends CaffeException> kind, String text, String fields) {
        String message = assertThrows(kind, () -> runner(fields)).getMessage();
        assertTrue(message.contains(text), message);
        assertTrue(kind != DataException.class || message.startsWith("layer 'layer' (ImageData): "), message);
    }
}
