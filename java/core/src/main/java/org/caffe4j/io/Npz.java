package org.caffe4j.io;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.caffe4j.ModelFormatException;

/**
 * NumPy's archive of named arrays ({@code .npz}): what {@code numpy.savez} and {@code savez_compressed} write reads here and the other way
 * round. Types and shapes are those of {@link Npy}. Any thread may call it.
 */
public final class Npz {
    private static final String SUFFIX = ".npy";

    /** Takes the arrays of an archive one after the other. */
    public interface Sink {
        /** Adds an array, row-major, from the buffer's position to its limit, which stay. */
        void put(String name, long[] shape, FloatBuffer values) throws IOException;
    }

    /** Hands all arrays of an archive to a sink. */
    @FunctionalInterface
    public interface Content {
        void writeTo(Sink sink) throws IOException;
    }

    private Npz() {
    }

    /**
     * All arrays by name, in the file's order; unmodifiable.
     *
     * @throws ModelFormatException if the file is missing, damaged or has an array that does not convert to float
     */
    public static Map<String, FloatArray> read(Path file) {
        Map<String, FloatArray> arrays = new LinkedHashMap<>();
        try (ZipFile zip = new ZipFile(file.toFile())) {
            for (ZipEntry entry : Collections.list(zip.entries())) {
                String name = entry.getName();
                if (name.endsWith(SUFFIX)) {
                    try (InputStream in = zip.getInputStream(entry)) {
                        String key = name.substring(0, name.length() - SUFFIX.length());
                        arrays.put(key, Npy.read(in, file + ", array '" + key + "'"));
                    }
                }
            }
        } catch (NoSuchFileException e) {
            throw new ModelFormatException("Could not read " + file + ": there is no such file", e);
        } catch (IOException | IllegalArgumentException e) {
            throw new ModelFormatException(file + ": no readable .npz archive (" + e.getMessage() + "); " + FileKind.describe(file), e);
        }
        return Collections.unmodifiableMap(arrays);
    }

    /** Writes all arrays deflated, whole or not at all. */
    public static void write(Path file, Map<String, FloatArray> arrays) {
        write(file, true, sink -> {
            for (Map.Entry<String, FloatArray> entry : arrays.entrySet()) {
                sink.put(entry.getKey(), entry.getValue().shape(), FloatBuffer.wrap(entry.getValue().values()));
            }
        });
    }

    /** Writes arrays as they come, each as float32, deflated or stored, whole or not at all. */
    public static void write(Path file, boolean compressed, Content arrays) {
        AtomicFile.write(file, temporary -> {
            try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(temporary))) {
                arrays.writeTo((name, shape, values) -> put(zip, compressed, name, shape, values));
            }
        });
    }

    private static void put(ZipOutputStream zip, boolean compressed, String name, long[] shape, FloatBuffer values) throws IOException {
        ZipEntry entry = new ZipEntry(name + SUFFIX);
        // A fixed time makes the same arrays the same file.
        entry.setTimeLocal(LocalDateTime.of(1980, 1, 1, 0, 0));
        if (!compressed) {
            Checksum sum = new Checksum();
            Npy.write(sum, shape, values);
            entry.setMethod(ZipEntry.STORED);
            entry.setSize(sum.size);
            entry.setCrc(sum.crc.getValue());
        }
        zip.putNextEntry(entry);
        Npy.write(zip, shape, values);
        zip.closeEntry();
    }

    /** Size and checksum, which a stored entry states before its content. */
    private static final class Checksum extends OutputStream {
        private final CRC32 crc = new CRC32();
        private long size;

        @Override
        public void write(int b) {
            crc.update(b);
            size++;
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            crc.update(bytes, offset, length);
            size += length;
        }
    }
}
