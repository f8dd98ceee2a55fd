package org.caffe4j.tools;

import java.nio.file.Files;
import java.nio.file.Path;
import org.caffe4j.tools.traininglog.LogTable;
import org.caffe4j.tools.traininglog.TrainingLog;
import org.caffe4j.tools.traininglog.TrainingLog.Kind;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code caffe parse_log}: the outputs in a training log as two tables, {@code <log>.train} and {@code <log>.test}, as Caffe's parse_log.py. */
@Command(description = "Makes tables (CSV) of the outputs in a training log: OUTPUT_DIR/<log>.train and <log>.test.", sortOptions = false)
final class ParseLogCommand extends ToolCommand {
    @Option(names = "--verbose", description = "tell what is written")
    private boolean tell;

    @Option(names = "--delimiter", defaultValue = ",", paramLabel = "TEXT", description = "what separates columns; default ,")
    private String delimiter;

    @Parameters(index = "0", paramLabel = "LOG", description = "what caffe train wrote to stderr")
    private Path log;

    @Parameters(index = "1", paramLabel = "OUTPUT_DIR", description = "folder for the tables")
    private Path folder;

    @Override
    public Integer call() {
        if (!Files.isDirectory(folder)) {
            throw new UsageException("there is no folder " + folder + " to write the tables to; make it first");
        }
        TrainingLog read = TrainingLog.read(log);
        write(LogTable.of(read, Kind.TRAIN_OUTPUT), ".train");
        write(LogTable.of(read, Kind.TEST_OUTPUT), ".test");
        return 0;
    }

    private void write(LogTable table, String extension) {
        Path file = folder.resolve(log.getFileName() + extension);
        if (!table.rows().isEmpty()) {
            table.write(file, delimiter);
        }
        if (tell) {
            System.out.println(table.rows().isEmpty() ? "Not writing " + file + "; no lines to write" : "Wrote " + file);
        }
    }
}
