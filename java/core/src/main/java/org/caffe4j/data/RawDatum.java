package org.caffe4j.data;

import com.google.protobuf.UnsafeByteOperations;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import org.caffe4j.proto.Datum;

/**
 * A datum whose bytes stay where they are. Protobuf copies what lies outside the Java heap before it parses it, pixels and all; so the fields
 * that a datum of bytes has are read here, and a record with any other field, or with an error, is left to protobuf.
 *
 * @param data pixels or an encoded image, from the buffer's position to its limit; empty if there are none
 * @param floats pixels, if {@code data} has none
 */
public record RawDatum(int channels, int height, int width, int label, boolean encoded, ByteBuffer data, FloatBuffer floats) {
    private static final int VARINT = 0;
    private static final int BYTES = 2;
    private static final int VARINT_BITS = 64;

    private static final ByteBuffer NO_DATA = ByteBuffer.allocate(0);
    private static final FloatBuffer NO_FLOATS = FloatBuffer.allocate(0);

    /** The same as a datum of protobuf. */
    static RawDatum of(Datum datum) {
        float[] floats = new float[datum.getFloatDataCount()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = datum.getFloatData(i);
        }
        return new RawDatum(datum.getChannels(), datum.getHeight(), datum.getWidth(), datum.getLabel(), datum.getEncoded(),
            ByteBuffer.wrap(datum.getData().toByteArray()), FloatBuffer.wrap(floats));
    }

    /**
     * The datum in a buffer, whose position does not move.
     *
     * @param value its bytes must not change while the datum's are in use
     * @throws IOException if there is none
     */
    static RawDatum parse(ByteBuffer value) throws IOException {
        RawDatum datum = parseOfBytes(value.duplicate());
        return datum != null ? datum : of(Datum.parseFrom(UnsafeByteOperations.unsafeWrap(value)));
    }

    /** Null where protobuf has to look. */
    private static RawDatum parseOfBytes(ByteBuffer value) {
        int channels = 0;
        int height = 0;
        int width = 0;
        int label = 0;
        boolean encoded = false;
        ByteBuffer data = NO_DATA;
        try {
            while (value.hasRemaining()) {
                switch ((int) varint(value)) {
                    case Datum.CHANNELS_FIELD_NUMBER << 3 | VARINT -> channels = (int) varint(value);
                    case Datum.HEIGHT_FIELD_NUMBER << 3 | VARINT -> height = (int) varint(value);
                    case Datum.WIDTH_FIELD_NUMBER << 3 | VARINT -> width = (int) varint(value);
                    case Datum.LABEL_FIELD_NUMBER << 3 | VARINT -> label = (int) varint(value);
                    case Datum.ENCODED_FIELD_NUMBER << 3 | VARINT -> encoded = varint(value) != 0;
                    case Datum.DATA_FIELD_NUMBER << 3 | BYTES -> {
                        long length = varint(value);
                        if (length < 0 || length > value.remaining()) {
                            return null;
                        }
                        data = value.slice(value.position(), (int) length);
                        value.position(value.position() + (int) length);
                    }
                    default -> {
                        return null;
                    }
                }
            }
        } catch (BufferUnderflowException e) {
            return null;
        }
        return new RawDatum(channels, height, width, label, encoded, data, NO_FLOATS);
    }

    /** @throws BufferUnderflowException if it does not end, in the buffer or at all */
    private static long varint(ByteBuffer value) {
        long result = 0;
        for (int shift = 0; shift < VARINT_BITS; shift += 7) {
            byte next = value.get();
            result |= (next & 0x7FL) << shift;
            if (next >= 0) {
                return result;
            }
        }
        throw new BufferUnderflowException();
    }
}
