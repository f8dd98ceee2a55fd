package org.caffe4j.tools;

import java.util.Arrays;
import java.util.Random;
import org.caffe4j.MersenneTwister;
import org.caffe4j.data.DatabaseWriter;
import org.caffe4j.proto.DataParameter.DB;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code caffe convert_mnist_siamese_data}: pairs of MNIST's images, drawn at random, as the two channels of an item; its label is 1 if both
 * are of one class, else 0. There are as many pairs as images.
 */
@Command(description = "Makes a database of random pairs of MNIST's images, labelled 1 where both are of one class.", sortOptions = false)
final class ConvertMnistSiameseDataCommand extends ConvertMnistCommand {
    @Option(names = "--backend", defaultValue = "leveldb", paramLabel = "lmdb|leveldb", description = "kind of database; default leveldb")
    private String backend;

    @Option(names = "--seed", paramLabel = "N", description = "of the random pairs; default another one every time")
    private Long seed;

    private MersenneTwister random;

    @Override
    String usage() {
        return "convert_mnist_siamese_data: makes a database of pairs of images of the MNIST data set, to train a siamese network\n"
                + "Usage:\n    convert_mnist_siamese_data input_image_file input_label_file output_db_file\n"
                + "the data set is at http://yann.lecun.com/exdb/mnist/";
    }

    @Override
    String name() {
        return "convert_mnist_siamese_data";
    }

    @Override
    DB backend() {
        return Flags.backend(backend);
    }

    @Override
    void put(DatabaseWriter writer, LabelledImages set, int index) {
        if (random == null) {
            random = new MersenneTwister(seed == null ? new Random().nextLong() : seed);
        }
        int one = random.below(set.count());
        int other = random.below(set.count());
        byte[] first = set.pixels(one);
        byte[] both = Arrays.copyOf(first, 2 * first.length);
        System.arraycopy(set.pixels(other), 0, both, first.length, first.length);
        int same = set.label(one) == set.label(other) ? 1 : 0;
        DatumRecords.put(writer, DatumRecords.key(index, 8), 2, set.rows(), set.columns(), both, same);
    }
}
