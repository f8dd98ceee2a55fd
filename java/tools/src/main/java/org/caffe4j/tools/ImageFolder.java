package org.caffe4j.tools;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.caffe4j.DataException;

/**
 * A folder where a command takes images: it stands for its files with one of some endings, in the order of their names, without those whose
 * names begin with a dot, as {@code *.jpg} does in a shell. Folders within it count for nothing.
 */
final class ImageFolder {
    private static final List<String> ENDINGS = List.of("jpg", "jpeg", "png", "bmp", "JPG", "JPEG", "PNG", "BMP");

    private ImageFolder() {}

    /** The files whose names end in that of a usual format for images. @throws DataException if there are none */
    static List<Path> list(Path folder) {
        return list(folder, ENDINGS, "");
    }

    /**
     * The files that {@code --ext} names.
     *
     * @param extension what names end in behind a dot, in upper or lower case just so
     * @throws DataException if there are none
     */
    static List<Path> list(Path folder, String extension) {
        return list(folder, List.of(extension), "; --ext names another ending");
    }

    private static List<Path> list(Path folder, List<String> endings, String hint) {
        List<Path> images;
        try (Stream<Path> all = Files.list(folder)) {
            images = all.filter(file -> matches(file.getFileName().toString(), endings) && Files.isRegularFile(file)).sorted().toList();
        } catch (IOException e) {
            throw new DataException("Cannot list the folder " + folder + ": " + e, e);
        }
        if (images.isEmpty()) {
            throw new DataException("The folder " + folder + " has no file "
                    + endings.stream().map(ending -> "*." + ending).collect(Collectors.joining(", ")) + hint);
        }
        return images;
    }

    private static boolean matches(String name, List<String> endings) {
        return !name.startsWith(".") && endings.stream().anyMatch(ending -> name.endsWith("." + ending));
    }
}
