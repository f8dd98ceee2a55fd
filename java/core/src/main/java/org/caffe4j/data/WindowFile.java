package org.caffe4j.data;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.caffe4j.DataException;

/**
 * Reads the window files of R-CNN, which WindowData takes. For every image a block of lines: {@code # index}, the path, the numbers of
 * channels, rows, columns and windows, and for each window {@code class overlap x1 y1 x2 y2} (corners included, columns and rows from 0).
 */
public final class WindowFile {

    /** An image that windows lie in. @param path as in the file */
    public record Picture(String path, int channels, int height, int width) {
    }

    /** A window. @param picture number in {@link #pictures} @param overlap with the object, 0 to 1; corners are included */
    public record Window(int picture, int label, float overlap, int x1, int y1, int x2, int y2) {
    }

    private final Path file;
    private final List<Picture> pictures = new ArrayList<>();
    private final List<Window> windows = new ArrayList<>();
    private int line;

    private WindowFile(Path file) {
        this.file = file;
    }

    /** @throws DataException naming file and line, if the file cannot be read or has another form, or no windows */
    public static WindowFile read(Path file) {
        WindowFile windows = new WindowFile(file);
        try (BufferedReader in = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            for (String head = windows.next(in); head != null; head = windows.next(in)) {
                windows.block(head, in);
            }
        } catch (IOException e) {
            throw new DataException("Could not open window file " + file + ": " + e, e);
        }
        if (windows.windows.isEmpty()) {
            throw new DataException("Window file is empty: " + file + " lists no window");
        }
        return windows;
    }

    /** The images in the order of the file. */
    public List<Picture> pictures() {
        return pictures;
    }

    /** The windows of all images in the order of the file. */
    public List<Window> windows() {
        return windows;
    }

    /** The next line that is not blank, null at the end. */
    private String next(BufferedReader in) throws IOException {
        String text;
        do {
            text = in.readLine();
            line++;
        } while (text != null && text.isBlank());
        return text == null ? null : text.strip();
    }

    private void block(String head, BufferedReader in) throws IOException {
        if (!head.startsWith("#")) {
            throw broken("\"# index\", the head of an image,", head);
        }
        String path = wanted(in, "the path of an image");
        int[] dims = new int[3];
        for (int i = 0; i < dims.length; i++) {
            dims[i] = number(wanted(in, "a dimension"), "channels, height or width");
        }
        Picture picture = new Picture(path, dims[0], dims[1], dims[2]);
        if (dims[0] != 1 && dims[0] != 3 || dims[1] < 1 || dims[2] < 1) {
            throw new DataException(file + ":" + line + ": image " + path + " has the impossible shape " + Arrays.toString(dims)
                + "; channels are 1 or 3, height and width positive");
        }
        int count = number(wanted(in, "a number of windows"), "the number of windows");
        pictures.add(picture);
        for (int i = 0; i < count; i++) {
            windows.add(window(wanted(in, "a window, number " + (i + 1) + " of " + count), picture));
        }
    }

    private Window window(String text, Picture picture) {
        String[] fields = text.split("\\s+");
        if (fields.length != 6) {
            throw broken("a window, \"class overlap x1 y1 x2 y2\",", text);
        }
        float overlap;
        try {
            overlap = Float.parseFloat(fields[1]);
        } catch (NumberFormatException e) {
            throw broken("an overlap", fields[1]);
        }
        Window window = new Window(pictures.size() - 1, number(fields[0], "a class"), overlap, number(fields[2], "x1"),
            number(fields[3], "y1"), number(fields[4], "x2"), number(fields[5], "y2"));
        if (window.x1 < 0 || window.y1 < 0 || window.x1 > window.x2 || window.y1 > window.y2 || window.x2 >= picture.width
            || window.y2 >= picture.height) {
            throw new DataException(file + ":" + line + ": window \"" + text + "\" does not lie inside its image of height "
                + picture.height + ", width " + picture.width);
        }
        return window;
    }

    private String wanted(BufferedReader in, String what) throws IOException {
        String text = next(in);
        if (text == null) {
            throw broken(what, "the end of the file");
        }
        return text;
    }

    private int number(String text, String what) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw broken(what, text);
        }
    }

    private DataException broken(String expected, String found) {
        return new DataException(file + ":" + line + ": expected " + expected + " but found \"" + found + "\"");
    }
}
