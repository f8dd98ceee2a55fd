package org.caffe4j.tools;

import java.nio.file.Path;
import org.caffe4j.DataException;

/** The two files of a MNIST data set: as many labels as images. */
record LabelledImages(IdxFile images, IdxFile labels) {
    /** @throws DataException if a file is missing, damaged or they do not belong together */
    static LabelledImages read(Path images, Path labels) {
        IdxFile pictures = IdxFile.read(images, 3);
        IdxFile classes = IdxFile.read(labels, 1);
        int count = pictures.shape()[0];
        if (count != classes.shape()[0]) {
            throw new DataException(images + " has " + count + " images, " + labels + " has " + classes.shape()[0] + " labels; take the two"
                    + " files of one set");
        }
        return new LabelledImages(pictures, classes);
    }

    int count() {
        return images.shape()[0];
    }

    int rows() {
        return images.shape()[1];
    }

    int columns() {
        return images.shape()[2];
    }

    byte[] pixels(int index) {
        return images.entry(index);
    }

    int label(int index) {
        return labels.values()[index];
    }
}
