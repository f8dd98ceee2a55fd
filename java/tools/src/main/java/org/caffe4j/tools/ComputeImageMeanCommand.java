package org.caffe4j.tools;

import java.nio.FloatBuffer;
import java.nio.file.Path;
import org.caffe4j.LogNumbers;
import org.caffe4j.data.Database;
import org.caffe4j.data.DatumReader;
import org.caffe4j.data.MeanAccumulator;
import org.caffe4j.io.MeanFile;
import org.caffe4j.proto.DataParameter.DB;
import org.caffe4j.proto.Datum;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code caffe compute_image_mean}: the mean of a database's images, pixel by pixel, as a file, and its mean over each channel in the log. */
@Command(description = "Computes the mean image of a database and writes it as a binaryproto file.", sortOptions = false)
final class ComputeImageMeanCommand extends CaffeTool {
    private static final Logger LOG = LoggerFactory.getLogger(ComputeImageMeanCommand.class);
    private static final int LINES_EVERY = 10000;

    @Mixin
    private BackendFlag backend;

    @Mixin
    private LockFlag lock;

    @Parameters(index = "0", paramLabel = "INPUT_DB", description = "database of images of one size")
    private Path input;

    @Parameters(index = "1", arity = "0..1", paramLabel = "OUTPUT_FILE", description = "file to write; without it the mean is only logged")
    private Path output;

    @Override
    String usage() {
        return "compute_image_mean: computes the mean image of a set of images given by a leveldb/lmdb\n"
                + "Usage:\n    compute_image_mean [FLAGS] INPUT_DB [OUTPUT_FILE]";
    }

    @Override
    public Integer call() {
        MeanAccumulator mean = new MeanAccumulator();
        DB kind = backend.kind();
        try (Database database = Database.open(kind, input);
                DatumReader reader = new DatumReader(database, input.toString());
                Progress progress = Progress.of("compute_image_mean", "images", kind == DB.LMDB ? database.size() : -1, false)) {
            LOG.info("Starting iteration");
            for (Datum datum = reader.next(); datum != null; datum = reader.nextOfPass()) {
                mean.add(datum, reader::where);
                if (mean.count() % LINES_EVERY == 0) {
                    LOG.info("Processed {} files.", mean.count());
                }
                progress.update(mean.count(), "");
            }
        }
        if (mean.count() % LINES_EVERY != 0) {
            LOG.info("Processed {} files.", mean.count());
        }
        float[] values = mean.values();
        if (output != null) {
            LOG.info("Write to {}", output);
            MeanFile.write(output, mean.channels(), mean.height(), mean.width(), FloatBuffer.wrap(values));
        }
        LOG.info("Number of channels: {}", mean.channels());
        int plane = values.length / mean.channels();
        for (int c = 0; c < mean.channels(); c++) {
            float sum = 0;
            for (int i = c * plane; i < (c + 1) * plane; i++) {
                sum += values[i];
            }
            LOG.info("mean_value channel [{}]: {}", c, LogNumbers.format(sum / plane));
        }
        return 0;
    }
}
