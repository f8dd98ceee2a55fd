package org.caffe4j.tools;

import java.nio.file.Path;
import org.caffe4j.data.Database;
import org.caffe4j.data.DatabaseWriter;
import org.caffe4j.proto.DataParameter.DB;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** A command that makes a database of MNIST's files; keys count from {@code 00000000}. */
abstract class ConvertMnistCommand extends CaffeTool {
    private final Logger log = LoggerFactory.getLogger(getClass());

    @Mixin
    private LockFlag lock;

    @Parameters(index = "0", paramLabel = "IMAGES", description = "file of the images, plain or gzip-compressed")
    private Path images;

    @Parameters(index = "1", paramLabel = "LABELS", description = "file of the labels")
    private Path labels;

    @Parameters(index = "2", paramLabel = "DB", description = "database to make; nothing may be there yet")
    private Path database;

    /** What the command is called. */
    abstract String name();

    /** The kind of database. */
    abstract DB backend();

    /** Writes record number {@code index}. */
    abstract void put(DatabaseWriter writer, LabelledImages set, int index);

    @Override
    public Integer call() {
        LabelledImages set = LabelledImages.read(images, labels);
        log.info("A total of {} items.", set.count());
        log.info("Rows: {} Cols: {}", set.rows(), set.columns());
        try (DatabaseWriter writer = Database.create(backend(), database);
                Progress progress = Progress.of(name(), "images", set.count(), false)) {
            for (int i = 0; i < set.count(); i++) {
                put(writer, set, i);
                progress.update(i + 1, "");
            }
            writer.finish();
        }
        log.info("Processed {} files.", set.count());
        return 0;
    }
}
