package org.caffe4j.tools.log;

import java.io.IOException;
import java.io.Writer;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/**
 * A log file of one severity, named as glog names it, {@code caffe.<host>.<user>.log.INFO.<date>-<time>.<process>}, with glog's head lines
 * and the link {@code caffe.INFO} beside it. It is to get the lines of that severity and above. A file that cannot be written is reported
 * once and left alone.
 */
final class GlogFile {
    private final Path path;
    private Writer writer;

    GlogFile(String directory, String program, Severity severity) {
        Path folder = Path.of(directory);
        LocalDateTime now = LocalDateTime.now();
        String host = host();
        path = folder.resolve(program + "." + host + "." + System.getProperty("user.name", "unknown") + ".log." + severity + "."
                + DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT).format(now) + "." + ProcessHandle.current().pid());
        try {
            writer = Files.newBufferedWriter(path, StandardCharsets.UTF_8);
            Path link = folder.resolve(program + "." + severity);
            Files.deleteIfExists(link);
            Files.createSymbolicLink(link, path.getFileName());
        } catch (IOException | UnsupportedOperationException e) {
            report(e);
        }
        write("Log file created at: " + DateTimeFormatter.ofPattern("yyyy/MM/dd HH:mm:ss", Locale.ROOT).format(now) + "\n"
                + "Running on machine: " + host + "\n"
                + "Log line format: [IWEF]mmdd hh:mm:ss.uuuuuu threadid file:line] msg\n");
    }

    void write(String lines) {
        if (writer == null) {
            return;
        }
        try {
            writer.write(lines);
            writer.flush();
        } catch (IOException e) {
            report(e);
        }
    }

    private void report(Exception e) {
        System.err.println("Could not write the log file " + path + " (" + e + "); set GLOG_log_dir to a folder that can be written.");
        writer = null;
    }

    private static String host() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "unknown";
        }
    }
}
