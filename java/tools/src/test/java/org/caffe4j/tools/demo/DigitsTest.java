package org.caffe4j.tools.demo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.caffe4j.DataException;
import org.caffe4j.data.Cursor;
import org.caffe4j.data.Database;
import org.caffe4j.proto.DataParameter.DB;
import org.caffe4j.proto.Datum;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DigitsTest {
    private static final Path CSV = Path.of("..", "..", "examples", "digits", "digits.csv.gz");

    @TempDir
    Path folder;

    @Test
    void everyFifthOfEachClassIsHeldOut() {
        Digits digits = Digits.read(CSV);
        assertEquals(1797, digits.train().size() + digits.heldOut().size());
        for (int label = 0; label < 10; label++) {
            int wanted = label;
            long train = digits.train().stream().filter(digit -> digit.label() == wanted).count();
            long heldOut = digits.heldOut().stream().filter(digit -> digit.label() == wanted).count();
            assertEquals((train + heldOut) / 5, heldOut);
        }
        assertEquals(355, digits.heldOut().size());
    }

    @Test
    void theImagesAreTheRowsScaledToTheWholeRange() {
        Digit first = Digits.read(CSV).train().get(0);
        assertEquals(0, first.label());
        assertArrayEquals(new int[] {0, 0, 80, 207, 143, 16, 0, 0},
                IntStream.range(0, 8).map(x -> first.image().get(0, x, 0)).toArray());
        Digit framed = first.scaled(28, 10);
        assertEquals(28, framed.image().width());
        assertEquals(List.of(0, 80, 207), List.of(framed.image().get(9, 12, 0), framed.image().get(10, 12, 0), framed.image().get(10, 13, 0)));
    }

    @Test
    void theDatabaseHoldsThemInOrder() throws InvalidProtocolBufferException {
        List<Digit> digits = Digits.read(CSV).heldOut().subList(0, 3);
        Digits.write(digits, folder.resolve("db"));
        try (Database database = Database.open(DB.LMDB, folder.resolve("db")); Cursor cursor = database.cursor()) {
            assertEquals(3, database.size());
            for (int i = 0; i < 3; i++) {
                assertTrue(cursor.next());
                assertEquals("0000000" + i, new String(cursor.key(), StandardCharsets.US_ASCII));
                Datum datum = Datum.parseFrom(cursor.value());
                assertEquals(digits.get(i).label(), datum.getLabel());
                assertArrayEquals(digits.get(i).image().pixels(), datum.getData().toByteArray());
                assertEquals(List.of(1, 8, 8), List.of(datum.getChannels(), datum.getHeight(), datum.getWidth()));
            }
        }
    }

    @Test
    void aRowThatIsNoDigitNamesTheLine() throws IOException {
        String row = "0,".repeat(64);
        for (String bad : List.of(row + "10", row + "x", "1,2,3", row.replaceFirst("0", "17") + "1")) {
            Path file = folder.resolve("bad.csv.gz");
            try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
                out.write((row + "7\n" + bad + "\n").getBytes(StandardCharsets.US_ASCII));
            }
            DataException failure = assertThrows(DataException.class, () -> Digits.read(file));
            assertTrue(failure.getMessage().startsWith(file + ", line 2: no digit ("), failure.getMessage());
        }
    }
}
