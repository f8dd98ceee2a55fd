package org.caffe4j.tools;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import org.caffe4j.DataException;

/**
 * A file of unsigned bytes in the IDX format of the MNIST data set, plain or gzip-compressed: 0, 0, the type 8, the number of axes, the
 * axes as big-endian 32-bit numbers, the bytes in row-major order.
 *
 * @param shape the axes, outermost first
 * @param values as many as the product of the axes
 */
record IdxFile(int[] shape, byte[] values) {
    private static final int UNSIGNED_BYTE = 8;
    private static final int GZIP_FIRST = 0x1f;

    /**
     * Reads a file that must have a given number of axes.
     *
     * @throws DataException if it is missing, no such file or cut short
     */
    static IdxFile read(Path file, int axes) {
        try (PushbackInputStream raw = new PushbackInputStream(Files.newInputStream(file))) {
            int first = raw.read();
            if (first >= 0) {
                raw.unread(first);
            }
            InputStream plain = first == GZIP_FIRST ? new GZIPInputStream(raw) : raw;
            DataInputStream in = new DataInputStream(plain);
            int magic = in.readInt();
            if (magic != (UNSIGNED_BYTE << 8 | axes)) {
                throw new DataException(file + ": expected an IDX file of bytes with " + axes + " axes, that is magic number "
                        + (UNSIGNED_BYTE << 8 | axes) + ", found " + magic + "; are the images and the labels in the right order?");
            }
            int[] shape = new int[axes];
            long count = 1;
            for (int i = 0; i < axes; i++) {
                shape[i] = in.readInt();
                count = Math.multiplyExact(count, (long) shape[i]);
            }
            if (Arrays.stream(shape).anyMatch(dim -> dim <= 0) || count > Integer.MAX_VALUE - 8) {
                throw new DataException(file + ": impossible shape " + Arrays.toString(shape));
            }
            byte[] values = in.readNBytes((int) count);
            if (values.length < count) {
                throw new DataException(file + ": cut short; shape " + Arrays.toString(shape) + " needs " + count + " bytes, the file has "
                        + values.length);
            }
            return new IdxFile(shape, values);
        } catch (NoSuchFileException e) {
            throw new DataException("Unable to open file " + file + ": there is no such file", e);
        } catch (EOFException e) {
            throw new DataException(file + ": cut short in its head; no IDX file", e);
        } catch (IOException | ArithmeticException e) {
            throw new DataException("Could not read " + file + ": " + e, e);
        }
    }

    /** The bytes of entry {@code index} along the first axis. */
    byte[] entry(int index) {
        int size = values.length / shape[0];
        return Arrays.copyOfRange(values, index * size, (index + 1) * size);
    }
}
