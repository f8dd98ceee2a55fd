package org.caffe4j.data.leveldb;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.caffe4j.DataException;
import org.junit.jupiter.api.Test;

class SnappyTest {
    private static byte[] decompress(byte[] bytes) {
        return Snappy.decompress(bytes, bytes.length, "test");
    }

    @Test
    void whatIsCompressedComesBack() {
        Random random = new Random(1);
        for (int size : new int[] {0, 1, 3, 4, 5, 59, 60, 61, 62, 255, 256, 257, 65535, 65536, 65537, 200000}) {
            for (int values : new int[] {1, 2, 5, 256}) {
                byte[] bytes = new byte[size];
                for (int i = 0; i < size; i++) {
                    bytes[i] = (byte) random.nextInt(values);
                }
                byte[] compressed = Snappy.compress(bytes);
                assertArrayEquals(bytes, decompress(compressed), size + " bytes of " + values + " values");
                assertTrue(compressed.length <= size + size / 60 + 16, "grew");
                assertTrue(values > 1 || size < 256 || compressed.length < size / 10, "nothing gained");
            }
        }
    }

    /** One element of every kind, put together by hand from the format's description. */
    @Test
    void everyKindOfElement() {
        byte[] literal = HexFormat.of().parseHex("0c" + "2c" + "48656c6c6f20776f726c6421");
        assertArrayEquals("Hello world!".getBytes(StandardCharsets.UTF_8), decompress(literal));
        assertArrayEquals("abcabcabca".getBytes(StandardCharsets.UTF_8), decompress(HexFormat.of().parseHex("0a" + "08616263" + "0d03")));
        assertArrayEquals("ababa".getBytes(StandardCharsets.UTF_8), decompress(HexFormat.of().parseHex("05" + "046162" + "0a0200")));
        assertArrayEquals("ababa".getBytes(StandardCharsets.UTF_8), decompress(HexFormat.of().parseHex("05" + "046162" + "0b02000000")));
        byte[] xs = new byte[70];
        Arrays.fill(xs, (byte) 'x');
        for (String head : new String[] {"f045", "f44500", "f8450000", "fc45000000"}) {
            assertArrayEquals(xs, decompress(HexFormat.of().parseHex("46" + head + "78".repeat(70))));
        }
    }

    @Test
    void damagedDataNeverGoBeyondTheirArrays() {
        Random random = new Random(2);
        byte[] text = "the quick brown fox the quick brown dog the slow brown fox ".repeat(20).getBytes(StandardCharsets.UTF_8);
        byte[] good = Snappy.compress(text);
        int refused = 0;
        for (int i = 0; i < 5000; i++) {
            byte[] bad = good.clone();
            bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
            try {
                decompress(bad);
            } catch (DataException e) {
                refused++;
            }
        }
        assertTrue(refused > 500, refused + " refused");
        for (int length = 0; length < good.length; length++) {
            byte[] cut = Arrays.copyOf(good, length);
            assertThrows(DataException.class, () -> decompress(cut));
        }
        assertThrows(DataException.class, () -> decompress(HexFormat.of().parseHex("ffffffff07" + "00")));
    }
}
