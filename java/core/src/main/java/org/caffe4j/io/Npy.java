package org.caffe4j.io;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.caffe4j.ModelFormatException;

/**
 * NumPy's array file ({@code .npy}, format versions 1 to 3): reads booleans, integers and floating-point numbers of 1 to 8 bytes in either
 * byte order, in C or Fortran order, as floats in C order; writes float32 in C order. Any thread may call it.
 */
public final class Npy {
    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    private static final int ALIGNMENT = 64;
    private static final int CHUNK = 1 << 16;
    private static final Pattern DESCR = Pattern.compile("'descr'\\s*:\\s*'([^']*)'");
    private static final Pattern ORDER = Pattern.compile("'fortran_order'\\s*:\\s*(True|False)");
    private static final Pattern SHAPE = Pattern.compile("'shape'\\s*:\\s*\\(([0-9L,\\s]*)\\)");
    private static final Pattern TYPE = Pattern.compile("([<>|=]?)([fiub])([1248])");

    private Npy() {
    }

    /** Reads a file. @throws ModelFormatException if it is missing, damaged or of a type that does not convert to float */
    public static FloatArray read(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            return read(in, file.toString());
        } catch (IOException e) {
            throw new ModelFormatException("Could not read " + file + ": " + FileKind.describe(file), e);
        }
    }

    /** Reads an array from a stream to its end; {@code source} names it in errors. */
    public static FloatArray read(InputStream in, String source) throws IOException {
        byte[] head = in.readNBytes(8);
        if (head.length < 8 || !Arrays.equals(head, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
            throw new ModelFormatException(source + ": not a NumPy array; it looks like " + FileKind.of(head).description());
        }
        int lengthBytes = switch (head[6]) {
            case 1 -> 2;
            case 2, 3 -> 4;
            default -> throw new ModelFormatException(source + ": NumPy format version " + head[6] + "; versions 1 to 3 are known");
        };
        byte[] length = Arrays.copyOf(in.readNBytes(lengthBytes), 4);
        int headerLength = ByteBuffer.wrap(length).order(ByteOrder.LITTLE_ENDIAN).getInt();
        if (headerLength < 0 || headerLength > 1 << 20) {
            throw new ModelFormatException(source + ": damaged, a header of " + Integer.toUnsignedString(headerLength) + " bytes");
        }
        String header = new String(in.readNBytes(headerLength), StandardCharsets.UTF_8);
        long[] shape = shape(find(SHAPE, header, source).group(1), source);
        boolean fortran = find(ORDER, header, source).group(1).equals("True");
        String descr = find(DESCR, header, source).group(1);
        Matcher type = TYPE.matcher(descr);
        if (!type.matches() || "f1 b2 b4 b8".contains(type.group(2) + type.group(3))) {
            throw new ModelFormatException(source + ": values of type '" + descr + "' do not convert to float; expected a boolean, integer"
                    + " or floating-point type of up to 8 bytes, convert with a.astype('float32')");
        }
        int width = Integer.parseInt(type.group(3));
        byte[] bytes = in.readAllBytes();
        if (BlobProtos.count(shape, source) != bytes.length / width || bytes.length % width != 0) {
            throw new ModelFormatException(source + ": shape " + Arrays.toString(shape) + " of '" + descr + "' does not fit the "
                    + bytes.length + " bytes of values; the file is damaged or truncated");
        }
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(type.group(1).equals(">") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
        float[] values = convert(buffer, type.group(2).charAt(0), width);
        return new FloatArray(shape, fortran ? rowMajor(values, shape) : values);
    }

    private static Matcher find(Pattern pattern, String header, String source) {
        Matcher matcher = pattern.matcher(header);
        if (!matcher.find()) {
            throw new ModelFormatException(source + ": NumPy header without a plain descr, fortran_order and shape: "
                    + header.strip().substring(0, Math.min(200, header.strip().length())));
        }
        return matcher;
    }

    private static long[] shape(String text, String source) {
        try {
            return Arrays.stream(text.split(",")).map(s -> s.strip().replace("L", "")).filter(s -> !s.isEmpty())
                    .mapToLong(Long::parseLong).toArray();
        } catch (NumberFormatException e) {
            throw new ModelFormatException(source + ": impossible shape (" + text + ")", e);
        }
    }

    private static float[] convert(ByteBuffer bytes, char kind, int width) {
        float[] values = new float[bytes.remaining() / width];
        if (kind == 'f' && width == Float.BYTES) {
            bytes.asFloatBuffer().get(values);
            return values;
        }
        for (int i = 0; i < values.length; i++) {
            values[i] = switch (kind) {
                case 'f' -> width == 2 ? half(bytes.getShort()) : (float) bytes.getDouble();
                case 'b' -> bytes.get() != 0 ? 1 : 0;
                case 'i' -> signed(bytes, width);
                default -> unsigned(bytes, width);
            };
        }
        return values;
    }

    private static float signed(ByteBuffer bytes, int width) {
        return switch (width) {
            case 1 -> bytes.get();
            case 2 -> bytes.getShort();
            case 4 -> bytes.getInt();
            default -> bytes.getLong();
        };
    }

    private static float unsigned(ByteBuffer bytes, int width) {
        return switch (width) {
            case 1 -> bytes.get() & 0xff;
            case 2 -> bytes.getShort() & 0xffff;
            case 4 -> bytes.getInt() & 0xffffffffL;
            default -> unsigned(bytes.getLong());
        };
    }

    /** Half of a large value, its lost bit kept as sticky, rounds as the whole would. */
    private static float unsigned(long value) {
        return value >= 0 ? value : (float) (value >>> 1 | value & 1) * 2;
    }

    /** IEEE 754 binary16. */
    private static float half(short bits) {
        int exponent = bits >> 10 & 0x1f;
        int fraction = bits & 0x3ff;
        float magnitude = switch (exponent) {
            case 0 -> fraction * 0x1p-24f;
            case 0x1f -> fraction == 0 ? Float.POSITIVE_INFINITY : Float.NaN;
            default -> Float.intBitsToFloat(exponent + 112 << 23 | fraction << 13);
        };
        return bits < 0 ? -magnitude : magnitude;
    }

    /** From first axis fastest to last axis fastest. */
    private static float[] rowMajor(float[] values, long[] shape) {
        float[] sorted = new float[values.length];
        long[] index = new long[shape.length];
        for (int i = 0; i < sorted.length; i++) {
            long at = 0;
            for (int axis = shape.length - 1; axis >= 0; axis--) {
                at = at * shape[axis] + index[axis];
            }
            sorted[i] = values[(int) at];
            for (int axis = shape.length - 1; axis >= 0 && ++index[axis] == shape[axis]; axis--) {
                index[axis] = 0;
            }
        }
        return sorted;
    }

    /** Writes float32 in C order, whole or not at all. @throws IllegalArgumentException if the number of values is not the shape's */
    public static void write(Path file, long[] shape, FloatBuffer values) {
        AtomicFile.write(file, temporary -> {
            try (OutputStream out = Files.newOutputStream(temporary)) {
                write(out, shape, values);
            }
        });
    }

    /** Writes float32 in C order from the buffer's position to its limit, which stay; the stream stays open. */
    public static void write(OutputStream out, long[] shape, FloatBuffer values) throws IOException {
        long count = Arrays.stream(shape).reduce(1, Math::multiplyExact);
        if (count != values.remaining()) {
            throw new IllegalArgumentException(values.remaining() + " values for shape " + Arrays.toString(shape));
        }
        out.write(header(shape));
        FloatBuffer rest = values.duplicate();
        ByteBuffer chunk = ByteBuffer.allocate(CHUNK).order(ByteOrder.LITTLE_ENDIAN);
        while (rest.hasRemaining()) {
            int n = Math.min(rest.remaining(), CHUNK / Float.BYTES);
            chunk.asFloatBuffer().put(rest.slice(rest.position(), n));
            rest.position(rest.position() + n);
            out.write(chunk.array(), 0, n * Float.BYTES);
        }
    }

    private static byte[] header(long[] shape) {
        String dims = Arrays.stream(shape).mapToObj(Long::toString).collect(Collectors.joining(", ")) + (shape.length == 1 ? "," : "");
        String dictionary = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + dims + "), }";
        int prefix = MAGIC.length + 4;
        int total = (prefix + dictionary.length() + 1 + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        ByteBuffer header = ByteBuffer.allocate(total).order(ByteOrder.LITTLE_ENDIAN);
        header.put(MAGIC).put((byte) 1).put((byte) 0).putShort((short) (total - prefix));
        header.put(dictionary.getBytes(StandardCharsets.US_ASCII));
        while (header.remaining() > 1) {
            header.put((byte) ' ');
        }
        return header.put((byte) '\n').array();
    }
}
