package org.caffe4j.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.caffe4j.DataException;
import org.caffe4j.data.Cursor;
import org.caffe4j.data.Database;
import org.caffe4j.proto.DataParameter.DB;
import org.caffe4j.proto.Datum;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImagesTest {
    @TempDir
    Path folder;

    @Test
    void pngRoundTripKeepsPixelsOfAnyChannelCount() {
        assertEquals(Optional.empty(), Images.unavailabilityCause());
        for (int channels : new int[] {1, 3, 4}) {
            byte[] pixels = new byte[5 * 4 * channels];
            for (int i = 0; i < pixels.length; i++) {
                pixels[i] = (byte) (i * 11);
            }
            Image image = Images.decode(Images.encode(new Image(5, 4, channels, pixels), ".png"), Images.Mode.UNCHANGED);
            assertEquals(channels, image.channels());
            assertArrayEquals(pixels, image.pixels());
        }
    }

    @Test
    void colourIsBlueGreenRed() throws Exception {
        java.awt.image.BufferedImage red = new java.awt.image.BufferedImage(2, 1, java.awt.image.BufferedImage.TYPE_INT_RGB);
        red.setRGB(0, 0, 0xff8000);
        Path file = folder.resolve("rötlich.png");
        javax.imageio.ImageIO.write(red, "png", file.toFile());
        Image image = Images.read(file, Images.Mode.COLOR);
        assertArrayEquals(new int[] {0, 0x80, 0xff}, new int[] {image.get(0, 0, 0), image.get(0, 0, 1), image.get(0, 0, 2)});
        assertEquals(1, Images.read(file, Images.Mode.GRAY).channels());
    }

    /** Reading and resizing the image set gives the pixels that Caffe's convert_imageset stored. */
    @ParameterizedTest
    @CsvSource({"lmdb_20x16,COLOR,20,16", "lmdb_gray,GRAY,12,12", "lmdb_native,COLOR,0,0"})
    void pixelsAreThoseThatCaffeStores(String name, Images.Mode mode, int height, int width) throws Exception {
        Path images = Golden.resource("tools/images");
        try (Database database = Database.open(DB.LMDB, Golden.resource("tools/db/" + name)); Cursor cursor = database.cursor()) {
            for (boolean more = cursor.first(); more; more = cursor.next()) {
                String key = new String(cursor.key(), StandardCharsets.UTF_8);
                Image image = Images.read(images.resolve(key.substring(9)), mode);
                image = height > 0 ? Images.resize(image, height, width) : image;
                Datum datum = Datum.parseFrom(cursor.value());
                assertEquals(datum.getHeight(), image.height());
                byte[] planar = new byte[image.pixels().length];
                int plane = image.height() * image.width();
                for (int c = 0; c < image.channels(); c++) {
                    for (int i = 0; i < plane; i++) {
                        planar[c * plane + i] = image.pixels()[i * image.channels() + c];
                    }
                }
                assertArrayEquals(datum.getData().toByteArray(), planar, key);
            }
        }
    }

    @Test
    void resizingToTheSameSizeIsFree() {
        Image image = new Image(2, 2, 1, new byte[4]);
        assertSame(image, Images.resize(image, 2, 2));
        assertThrows(IllegalArgumentException.class, () -> Images.resize(image, 0, 2));
    }

    @Test
    void badFilesAreNamed() throws Exception {
        assertMessage(folder.resolve("none.png"), "Could not open or find file");
        Path text = folder.resolve("text.png");
        Files.writeString(text, "not an image");
        assertMessage(text, "Could not load");
        Path empty = Files.createFile(folder.resolve("empty.jpg"));
        assertMessage(empty, "no bytes");
        byte[] png = Images.encode(new Image(30, 30, 3, new byte[2700]), "png");
        Path cut = folder.resolve("cut.png");
        Files.write(cut, java.util.Arrays.copyOf(png, 20));
        assertMessage(cut, "Could not load");
        java.awt.image.BufferedImage deep = new java.awt.image.BufferedImage(2, 2, java.awt.image.BufferedImage.TYPE_USHORT_GRAY);
        Path sixteen = folder.resolve("sixteen.png");
        javax.imageio.ImageIO.write(deep, "png", sixteen.toFile());
        assertTrue(assertThrows(DataException.class, () -> Images.read(sixteen, Images.Mode.UNCHANGED)).getMessage()
            .contains("Image data type must be unsigned byte"));
        assertThrows(DataException.class, () -> Images.encode(new Image(1, 1, 1, new byte[1]), "nope"));
        assertThrows(IllegalArgumentException.class, () -> new Image(2, 2, 3, new byte[11]));
    }

    private static void assertMessage(Path file, String text) {
        String message = assertThrows(DataException.class, () -> Images.read(file, Images.Mode.UNCHANGED)).getMessage();
        assertTrue(message.contains(text) && message.contains(file.toString()), message);
    }
}
