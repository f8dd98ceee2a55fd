package org.caffe4j.solver;

import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Random;
import org.caffe4j.data.Database;
import org.caffe4j.data.DatabaseWriter;
import org.caffe4j.proto.DataParameter.DB;
import org.caffe4j.proto.Datum;

/** A database of colour images to train on. */
final class RandomImages {
    private RandomImages() {
    }

    /** Writes an LMDB of {@code records} images of {@code side} x {@code side} random pixels; image i has the label i modulo {@code classes}. */
    static Path write(Path folder, int records, int side, int classes) {
        Path images = folder.resolve("lmdb");
        Random random = new Random(1);
        try (DatabaseWriter database = Database.create(DB.LMDB, images)) {
            for (int i = 0; i < records; i++) {
                byte[] pixels = new byte[3 * side * side];
                random.nextBytes(pixels);
                Datum datum = Datum.newBuilder().setChannels(3).setHeight(side).setWidth(side).setData(ByteString.copyFrom(pixels))
                        .setLabel(i % classes).build();
                database.put(("image " + i).getBytes(StandardCharsets.US_ASCII), datum.toByteArray());
            }
            database.finish();
        }
        return images;
    }
}
