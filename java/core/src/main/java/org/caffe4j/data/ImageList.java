package org.caffe4j.data;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.caffe4j.DataException;

/** Reads Caffe's lists of images: a line an image, its path, which may contain spaces, a space, and its label. */
public final class ImageList {

    /** One image. @param path as in the list */
    public record Entry(String path, int label) {
    }

    private ImageList() {
    }

    /**
     * The images in the order of the list; blank lines are skipped.
     *
     * @throws DataException naming file and line, if the list cannot be read or a line is no path and label, or there is none
     */
    public static List<Entry> read(Path file) {
        List<String> lines;
        try {
            lines = Files.readAllLines(file, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new DataException("Could not open image list " + file + ": " + e, e);
        }
        List<Entry> entries = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).stripTrailing();
            if (!line.isEmpty()) {
                entries.add(entry(line, file + ":" + (i + 1)));
            }
        }
        if (entries.isEmpty()) {
            throw new DataException("File is empty: " + file + " lists no image");
        }
        return entries;
    }

    private static Entry entry(String line, String where) {
        int space = line.lastIndexOf(' ');
        try {
            if (space > 0) {
                return new Entry(line.substring(0, space), Integer.parseInt(line.substring(space + 1)));
            }
        } catch (NumberFormatException e) {
            space = -1;
        }
        throw new DataException(where + ": expected the path of an image, a space and an integer label, but found \"" + line + "\"");
    }
}
