package org.caffe4j.tools;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.caffe4j.DataException;
import org.caffe4j.data.Database;
import org.caffe4j.data.DatabaseWriter;
import org.caffe4j.proto.DataParameter.DB;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/**
 * {@code caffe convert_cifar_data}: the files of CIFAR-10's binary version as two databases, {@code cifar10_train_<type>} and
 * {@code cifar10_test_<type>}; keys count from {@code 00000}, channels stay in the order of the files, red green blue.
 */
@Command(description = "Makes the databases cifar10_train and cifar10_test of CIFAR-10's binary files.", sortOptions = false)
final class ConvertCifarDataCommand extends CaffeTool {
    private static final Logger LOG = LoggerFactory.getLogger(ConvertCifarDataCommand.class);
    private static final int SIDE = 32;
    private static final int CHANNELS = 3;
    private static final int RECORD = 1 + CHANNELS * SIDE * SIDE;
    private static final int CLASSES = 10;
    private static final int TRAIN_FILES = 5;

    @Mixin
    private LockFlag lock;

    @Parameters(index = "0", paramLabel = "INPUT_FOLDER", description = "folder of data_batch_1.bin to data_batch_5.bin and test_batch.bin")
    private Path input;

    @Parameters(index = "1", paramLabel = "OUTPUT_FOLDER", description = "folder in which the databases are made")
    private Path output;

    @Parameters(index = "2", paramLabel = "DB_TYPE", description = "lmdb or leveldb")
    private String type;

    @Override
    String usage() {
        return "convert_cifar_data: makes databases, Caffe's input, of the CIFAR-10 data set\n"
                + "Usage:\n    convert_cifar_data input_folder output_folder db_type\n"
                + "where the input folder holds the binary batch files, and db_type is lmdb or leveldb;\n"
                + "the data set is at http://www.cs.toronto.edu/~kriz/cifar.html";
    }

    @Override
    public Integer call() {
        DB kind = Flags.backend(type);
        List<byte[]> train = IntStream.rangeClosed(1, TRAIN_FILES).mapToObj(i -> batch("data_batch_" + i + ".bin")).toList();
        byte[] test = batch("test_batch.bin");
        try (DatabaseWriter trainWriter = create(kind, "train"); DatabaseWriter testWriter = create(kind, "test")) {
            LOG.info("Writing Training data");
            write(trainWriter, "cifar10_train", train);
            LOG.info("Writing Testing data");
            write(testWriter, "cifar10_test", List.of(test));
            trainWriter.finish();
            testWriter.finish();
        }
        return 0;
    }

    private DatabaseWriter create(DB kind, String set) {
        return Database.create(kind, output.resolve("cifar10_" + set + "_" + kind.name().toLowerCase(Locale.ROOT)));
    }

    private byte[] batch(String name) {
        Path file = input.resolve(name);
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(file);
        } catch (IOException e) {
            throw new DataException("Unable to open file " + file + ": " + e + "; the folder must hold the binary version of CIFAR-10", e);
        }
        if (bytes.length == 0 || bytes.length % RECORD != 0) {
            throw new DataException(file + ": expected records of " + RECORD + " bytes, a label and 3×32×32 pixels, but " + bytes.length
                    + " bytes are not a whole number of them; was it downloaded completely?");
        }
        for (int at = 0; at < bytes.length; at += RECORD) {
            if (bytes[at] < 0 || bytes[at] >= CLASSES) {
                throw new DataException(file + ": record " + at / RECORD + " has the label " + (bytes[at] & 0xff) + ", but there are "
                        + CLASSES + " classes, numbered from 0");
            }
        }
        return bytes;
    }

    private static void write(DatabaseWriter writer, String name, List<byte[]> batches) {
        int total = batches.stream().mapToInt(batch -> batch.length / RECORD).sum();
        try (Progress progress = Progress.of(name, "images", total, false)) {
            int number = 0;
            for (int i = 0; i < batches.size(); i++) {
                if (batches.size() > 1) {
                    LOG.info("Training Batch {}", i + 1);
                }
                byte[] batch = batches.get(i);
                for (int at = 0; at < batch.length; at += RECORD) {
                    byte[] pixels = Arrays.copyOfRange(batch, at + 1, at + RECORD);
                    DatumRecords.put(writer, DatumRecords.key(number++, 5), CHANNELS, SIDE, SIDE, pixels, batch[at]);
                    progress.update(number, "");
                }
            }
        }
        writer.complete();
    }
}
