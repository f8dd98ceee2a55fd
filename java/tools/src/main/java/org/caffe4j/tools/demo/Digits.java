package org.caffe4j.tools.demo;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.caffe4j.DataException;
import org.caffe4j.data.Database;
import org.caffe4j.data.DatabaseWriter;
import org.caffe4j.io.Image;
import org.caffe4j.proto.DataParameter.DB;
import org.caffe4j.tools.DatumRecords;

/**
 * The handwritten digits of UCI's data set "Optical Recognition of Handwritten Digits": rows of 64 numbers 0 to 16, an image of 8×8, and
 * the label. Every fifth image of each class is held out for testing.
 *
 * @param train to learn from
 * @param heldOut to test with
 */
public record Digits(List<Digit> train, List<Digit> heldOut) {
    private static final int SIDE = 8;
    private static final int BRIGHTEST = 16;
    private static final int CLASSES = 10;
    private static final int HOLD_OUT_EVERY = 5;

    /**
     * Reads the data set.
     *
     * @param csv gzip-compressed text of comma-separated rows
     * @throws DataException if the file cannot be read or a row is no digit; the message names the line
     */
    public static Digits read(Path csv) {
        List<Digit> train = new ArrayList<>();
        List<Digit> heldOut = new ArrayList<>();
        int[] seen = new int[CLASSES];
        try (BufferedReader reader = new BufferedReader(
                new InputStreamReader(new GZIPInputStream(Files.newInputStream(csv)), StandardCharsets.US_ASCII))) {
            int number = 0;
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                Digit digit = parse(line, csv + ", line " + ++number);
                (++seen[digit.label()] % HOLD_OUT_EVERY == 0 ? heldOut : train).add(digit);
            }
        } catch (IOException e) {
            throw new DataException("Could not read the digits from " + csv + ": " + e, e);
        }
        return new Digits(train, heldOut);
    }

    private static Digit parse(String line, String where) {
        String[] fields = line.split(",");
        try {
            if (fields.length != SIDE * SIDE + 1) {
                throw new NumberFormatException("expected 65 numbers, found " + fields.length);
            }
            byte[] pixels = new byte[SIDE * SIDE];
            for (int i = 0; i < pixels.length; i++) {
                pixels[i] = (byte) Math.round(255f * number(fields[i], BRIGHTEST) / BRIGHTEST);
            }
            return new Digit(new Image(SIDE, SIDE, 1, pixels), number(fields[SIDE * SIDE], CLASSES - 1));
        } catch (NumberFormatException e) {
            throw new DataException(where + ": no digit (" + e.getMessage() + ")", e);
        }
    }

    private static int number(String field, int largest) {
        int value = Integer.parseInt(field);
        if (value < 0 || value > largest) {
            throw new NumberFormatException("expected 0 to " + largest + ", found " + value);
        }
        return value;
    }

    /** Writes digits to a new LMDB of Caffe's kind. */
    public static void write(List<Digit> digits, Path database) {
        try (DatabaseWriter writer = Database.create(DB.LMDB, database)) {
            for (int i = 0; i < digits.size(); i++) {
                Image image = digits.get(i).image();
                DatumRecords.put(writer, i, image.height(), image.width(), image.pixels(), digits.get(i).label());
            }
            writer.finish();
        }
    }
}
