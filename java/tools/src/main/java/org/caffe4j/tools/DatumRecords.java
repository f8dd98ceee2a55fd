package org.caffe4j.tools;

import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.caffe4j.data.DatabaseWriter;
import org.caffe4j.proto.Datum;

/** Writes grey images as Caffe's converters do: the key is the running number in eight digits, the value a Datum of one channel. */
public final class DatumRecords {
    private DatumRecords() {}

    /** Writes image number {@code number}: height × width bytes in rows from the top, and its label. */
    public static void put(DatabaseWriter writer, int number, int height, int width, byte[] pixels, int label) {
        Datum datum = Datum.newBuilder().setChannels(1).setHeight(height).setWidth(width)
                .setData(ByteString.copyFrom(pixels)).setLabel(label).build();
        writer.put(String.format(Locale.ROOT, "%08d", number).getBytes(StandardCharsets.US_ASCII), datum.toByteArray());
    }
}
