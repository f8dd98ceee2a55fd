package org.caffe4j.tools;

import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.caffe4j.data.DatabaseWriter;
import org.caffe4j.proto.Datum;

/** Writes images as Caffe's converters of data sets do: the key is the running number, the value a Datum of plain bytes. */
public final class DatumRecords {
    private static final int LINES_EVERY = 1000;

    private DatumRecords() {}

    /** Writes grey image number {@code number}, the key of eight digits: height × width bytes in rows from the top, and its label. */
    public static void put(DatabaseWriter writer, int number, int height, int width, byte[] pixels, int label) {
        put(writer, key(number, 8), 1, height, width, pixels, label);
    }

    /** Writes channels × height × width bytes, planar, and the label. */
    static void put(DatabaseWriter writer, byte[] key, int channels, int height, int width, byte[] pixels, int label) {
        Datum datum = Datum.newBuilder().setChannels(channels).setHeight(height).setWidth(width)
                .setData(ByteString.copyFrom(pixels)).setLabel(label).build();
        writer.put(key, datum.toByteArray());
    }

    /** A number as a key, filled up with zeros. */
    static byte[] key(long number, int digits) {
        return String.format(Locale.ROOT, "%0" + digits + "d", number).getBytes(StandardCharsets.US_ASCII);
    }

    /** Whether Caffe's tools say how many records there are. */
    static boolean isLineDue(long records) {
        return records % LINES_EVERY == 0;
    }
}
