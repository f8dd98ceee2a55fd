package org.caffe4j.tools;

import org.caffe4j.data.DatabaseWriter;
import org.caffe4j.proto.DataParameter.DB;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code caffe convert_mnist_data}: the images and labels of MNIST's files as a database. */
@Command(description = "Makes a database of the images and labels of the MNIST data set's IDX files.", sortOptions = false)
final class ConvertMnistDataCommand extends ConvertMnistCommand {
    @Mixin
    private BackendFlag backend;

    @Override
    String usage() {
        return "convert_mnist_data: makes a database, Caffe's input, of the MNIST data set\n"
                + "Usage:\n    convert_mnist_data [FLAGS] input_image_file input_label_file output_db_file\n"
                + "the data set is at http://yann.lecun.com/exdb/mnist/";
    }

    @Override
    String name() {
        return "convert_mnist_data";
    }

    @Override
    DB backend() {
        return backend.kind();
    }

    @Override
    void put(DatabaseWriter writer, LabelledImages set, int index) {
        DatumRecords.put(writer, index, set.rows(), set.columns(), set.pixels(index), set.label(index));
    }
}
