package org.caffe4j.io;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.caffe4j.LogNumbers;

/**
 * Writes messages in protobuf's text format as Caffe prints them: fields in the order of their numbers, one value a line, two blanks an
 * indentation, and the shortest of 6 or 9 digits (15 or 17 for a double) that reads back as the same value, so 1 and not 1.0. Unknown
 * fields of a binary message are left out. Any thread may call it.
 */
public final class PrototxtWriter {
    private PrototxtWriter() {
    }

    /** The text of a message. */
    public static String print(Message message) {
        StringBuilder out = new StringBuilder();
        print(message, out);
        return out.toString();
    }

    /** Appends the text of a message. */
    public static void print(Message message, Appendable out) {
        try {
            printFields(message, "", out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes the text of a message to a file, whole or not at all. */
    public static void write(Path file, Message message) {
        AtomicFile.write(file, temporary -> {
            try (Writer writer = Files.newBufferedWriter(temporary, StandardCharsets.UTF_8)) {
                printFields(message, "", writer);
            }
        });
    }

    private static void printFields(Message message, String indent, Appendable out) throws IOException {
        for (Map.Entry<FieldDescriptor, Object> entry : message.getAllFields().entrySet()) {
            FieldDescriptor field = entry.getKey();
            if (field.isRepeated()) {
                for (Object value : (List<?>) entry.getValue()) {
                    printField(field, value, indent, out);
                }
            } else {
                printField(field, entry.getValue(), indent, out);
            }
        }
    }

    private static void printField(FieldDescriptor field, Object value, String indent, Appendable out) throws IOException {
        out.append(indent).append(field.getName());
        if (value instanceof Message message) {
            out.append(" {\n");
            printFields(message, indent + "  ", out);
            out.append(indent).append("}\n");
        } else {
            out.append(": ").append(scalar(field, value)).append('\n');
        }
    }

    private static String scalar(FieldDescriptor field, Object value) {
        return switch (field.getType()) {
            case STRING -> '"' + TextFormat.escapeBytes(ByteString.copyFromUtf8((String) value)) + '"';
            case BYTES -> '"' + TextFormat.escapeBytes((ByteString) value) + '"';
            case ENUM -> ((EnumValueDescriptor) value).getName();
            case FLOAT -> number((Float) value);
            case DOUBLE -> number((Double) value);
            case UINT32, FIXED32 -> Integer.toUnsignedString((Integer) value);
            case UINT64, FIXED64 -> Long.toUnsignedString((Long) value);
            default -> value.toString();
        };
    }

    /** A float as Caffe's text has it: {@code 1}, {@code 0.01}, {@code 1e-05}, {@code inf}, {@code nan}. */
    public static String number(float value) {
        String brief = LogNumbers.format(value, 6);
        return Float.isInfinite(value) || Float.isNaN(value) || Float.parseFloat(brief) == value ? brief : LogNumbers.format(value, 9);
    }

    /** A double as Caffe's text has it. */
    public static String number(double value) {
        String brief = LogNumbers.format(value, 15);
        return Double.isInfinite(value) || Double.isNaN(value) || Double.parseDouble(brief) == value ? brief : LogNumbers.format(value, 17);
    }
}
