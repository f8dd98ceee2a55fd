package org.caffe4j.data.leveldb;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The names of the files in a LevelDB folder. */
record FileNames(Path folder) {
    private static final Pattern LOG = Pattern.compile("(\\d{1,18})\\.log");

    Path current() {
        return folder.resolve("CURRENT");
    }

    Path lock() {
        return folder.resolve("LOCK");
    }

    static String manifest(long number) {
        return String.format(Locale.ROOT, "MANIFEST-%06d", number);
    }

    Path newTable(long number) {
        return folder.resolve(String.format(Locale.ROOT, "%06d.ldb", number));
    }

    /** A table that is there; LevelDB before 1.14 wrote {@code .sst}. @throws NoSuchFileException if it is missing */
    Path table(long number) throws NoSuchFileException {
        Path path = newTable(number);
        if (Files.exists(path)) {
            return path;
        }
        Path old = folder.resolve(String.format(Locale.ROOT, "%06d.sst", number));
        if (Files.exists(old)) {
            return old;
        }
        throw new NoSuchFileException(path.toString(), null, "the manifest names it, but it is not there; copy the whole folder again");
    }

    /** The numbers of the logs that are there. */
    List<Long> logs() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> LOG.matcher(file.getFileName().toString())).filter(Matcher::matches)
                .map(name -> Long.parseLong(name.group(1))).sorted().toList();
        }
    }

    /** A log that is there. */
    Path log(long number) {
        return folder.resolve(String.format(Locale.ROOT, "%06d.log", number));
    }
}
