package org.caffe4j.tools;

import java.nio.file.Path;
import org.caffe4j.DataException;
import org.caffe4j.data.Database;
import org.caffe4j.data.DatabaseWriter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code caffe convert_mnist_data}: the images and labels of MNIST's files as a database; keys count from {@code 00000000}. */
@Command(description = "Makes a database of the images and labels of the MNIST data set's IDX files, plain or gzip-compressed.", sortOptions = false)
final class ConvertMnistDataCommand extends ToolCommand {
    private static final Logger LOG = LoggerFactory.getLogger(ConvertMnistDataCommand.class);

    @Option(names = "--backend", defaultValue = "lmdb", paramLabel = "lmdb|leveldb", description = "kind of database; default lmdb")
    private String backend;

    @Parameters(index = "0", paramLabel = "IMAGES", description = "file of the images")
    private Path images;

    @Parameters(index = "1", paramLabel = "LABELS", description = "file of the labels")
    private Path labels;

    @Parameters(index = "2", paramLabel = "DB", description = "database to make; nothing may be there yet")
    private Path database;

    @Override
    public Integer call() {
        IdxFile pictures = IdxFile.read(images, 3);
        IdxFile classes = IdxFile.read(labels, 1);
        int count = pictures.shape()[0];
        if (count != classes.shape()[0]) {
            throw new DataException(images + " has " + count + " images, " + labels + " has " + classes.shape()[0] + " labels; take the two"
                    + " files of one set");
        }
        LOG.info("A total of {} items.", count);
        LOG.info("Rows: {} Cols: {}", pictures.shape()[1], pictures.shape()[2]);
        try (DatabaseWriter writer = Database.create(Flags.backend(backend), database)) {
            for (int i = 0; i < count; i++) {
                DatumRecords.put(writer, i, pictures.shape()[1], pictures.shape()[2], pictures.entry(i), classes.values()[i]);
            }
            writer.finish();
        }
        LOG.info("Processed {} files.", count);
        return 0;
    }
}
