package org.caffe4j.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.caffe4j.proto.Datum;
import org.junit.jupiter.api.Test;

class RawDatumTest {
    private static final Datum BYTES = Datum.newBuilder().setChannels(3).setHeight(300).setWidth(2).setLabel(-7).setEncoded(true)
            .setData(ByteString.copyFrom(new byte[300 * 6 - 1]).concat(ByteString.copyFrom(new byte[] {9}))).build();

    private static ByteBuffer direct(byte[] bytes) {
        return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    }

    @Test
    void givesWhatProtobufGives() throws IOException {
        List<Datum> datums = List.of(BYTES, Datum.getDefaultInstance(),
                Datum.newBuilder().setData(ByteString.EMPTY).setLabel(Integer.MAX_VALUE).build(),
                Datum.newBuilder().setChannels(2).addFloatData(1.5f).addFloatData(-2).build(),
                BYTES.toBuilder().setUnknownFields(UnknownFieldSet.newBuilder().addField(99, UnknownFieldSet.Field.newBuilder().addVarint(5).build())
                        .build()).build());
        for (Datum datum : datums) {
            ByteBuffer value = direct(datum.toByteArray());
            assertEquals(RawDatum.of(datum), RawDatum.parse(value));
            assertEquals(0, value.position());
        }
    }

    @Test
    void theLastOfSeveralValuesCounts() throws IOException {
        Datum second = Datum.newBuilder().setHeight(4).setData(ByteString.copyFromUtf8("abc")).build();
        assertEquals(RawDatum.of(BYTES.toBuilder().mergeFrom(second).build()),
                RawDatum.parse(direct(BYTES.toByteString().concat(second.toByteString()).toByteArray())));
    }

    @Test
    void bytesStayWhereTheyAre() throws IOException {
        ByteBuffer value = direct(BYTES.toByteArray());
        ByteBuffer pixels = RawDatum.parse(value).data();
        assertTrue(pixels.isDirect());
        int last = value.limit() - 1;
        while (value.get(last) != 9) {
            last--;
        }
        value.put(last, (byte) 8);
        assertEquals(8, pixels.get(pixels.limit() - 1));
    }

    @Test
    void refusesWhatProtobufRefuses() {
        byte[] whole = BYTES.toByteArray();
        int refused = 0;
        for (int length = 1; length < whole.length; length++) {
            byte[] part = Arrays.copyOf(whole, length);
            boolean parses = true;
            try {
                Datum.parseFrom(part);
            } catch (InvalidProtocolBufferException e) {
                parses = false;
                refused++;
                assertThrows(InvalidProtocolBufferException.class, () -> RawDatum.parse(direct(part)));
            }
            assertEquals(parses, parses(part));
        }
        assertTrue(refused > 1000);
        byte[] endless = new byte[20];
        Arrays.fill(endless, (byte) 0xFF);
        assertFalse(parses(endless));
        assertFalse(parses(new byte[] {Datum.DATA_FIELD_NUMBER << 3 | 2, -1, -1, -1, -1, -1, -1, -1, -1, -1, 1}));
    }

    private static boolean parses(byte[] bytes) {
        try {
            RawDatum.parse(direct(bytes));
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
