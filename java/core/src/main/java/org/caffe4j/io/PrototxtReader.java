package org.caffe4j.io;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.caffe4j.ModelFormatException;
import org.caffe4j.NearNames;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.graph.NetUpgrade;
import org.caffe4j.graph.SolverUpgrade;
import org.caffe4j.proto.NetParameter;
import org.caffe4j.proto.SolverParameter;

/**
 * Reads Caffe's descriptions of nets and solvers, in protobuf's text format or as binary messages, and brings them to the current
 * format ({@link NetUpgrade}, {@link SolverUpgrade}).
 *
 * <p>As in Caffe an unknown field, an unknown enum value and a singular field given twice are errors. Every error in text is a
 * {@link NetDefinitionException} that names the file, the line, the column and the field and shows the line. Any thread may call it.
 */
public final class PrototxtReader {
    private static final TextFormat.Parser PARSER = TextFormat.Parser.newBuilder()
            .setSingularOverwritePolicy(TextFormat.Parser.SingularOverwritePolicy.FORBID_SINGULAR_OVERWRITES)
            .build();
    private static final Pattern POSITION = Pattern.compile("(\\d+):(\\d+):\\s*(.*)", Pattern.DOTALL);
    private static final Pattern UNKNOWN_FIELD = Pattern.compile("^(\\d+):(\\d+):\\s*([\\w.]+)\\.(\\w+)\\s*$", Pattern.MULTILINE);

    private PrototxtReader() {
    }

    /** Reads a net from text and upgrades it. @throws NetDefinitionException if the file is missing or wrong */
    public static NetParameter readNet(Path file) {
        return parseNet(text(file), file.toString());
    }

    /** Parses a net from text and upgrades it; {@code source} stands in error messages for the file name. */
    public static NetParameter parseNet(String text, String source) {
        return NetUpgrade.upgrade(parse(text, source, NetParameter.getDefaultInstance()), source);
    }

    /**
     * Reads a solver from text, upgrades it and the nets embedded in it, and completes {@code snapshot_prefix}: unset it becomes the
     * solver's path without its extension, and a directory gets the solver file's stem appended.
     *
     * @throws NetDefinitionException if the file is missing or wrong
     */
    public static SolverParameter readSolver(Path file) {
        return SolverUpgrade.completeSnapshotPrefix(parseSolver(text(file), file.toString()), file);
    }

    /** Parses a solver from text and upgrades it and the nets embedded in it; {@code snapshot_prefix} stays as given. */
    public static SolverParameter parseSolver(String text, String source) {
        return SolverUpgrade.upgrade(parse(text, source, SolverParameter.getDefaultInstance()), source);
    }

    /** Reads any message from text as it stands, without upgrading. */
    public static <M extends Message> M read(Path file, M prototype) {
        return parse(text(file), file.toString(), prototype);
    }

    /** Parses any message from text as it stands, without upgrading. */
    public static <M extends Message> M parse(String text, String source, M prototype) {
        Message.Builder builder = prototype.newBuilderForType();
        try {
            PARSER.merge(text, builder);
        } catch (TextFormat.ParseException e) {
            throw definitionError(text, source, prototype.getDescriptorForType(), e);
        }
        @SuppressWarnings("unchecked")
        M message = (M) builder.build();
        return message;
    }

    /**
     * Reads a net with its blobs from a binary message ({@code .caffemodel}) into memory and upgrades it. To load weights into a net
     * use {@link Weights}, which needs no heap for them and reads the files of Caffe's forks too.
     *
     * @throws ModelFormatException if the file is missing or is no binary NetParameter
     */
    public static NetParameter readNetBinary(Path file) {
        return NetUpgrade.upgrade(readBinary(file, NetParameter.getDefaultInstance()), file.toString());
    }

    /** Reads any binary message as it stands, without upgrading. @throws ModelFormatException if the file is missing or wrong */
    public static <M extends Message> M readBinary(Path file, M prototype) {
        try (InputStream in = Files.newInputStream(file)) {
            CodedInputStream coded = CodedInputStream.newInstance(in);
            coded.setSizeLimit(Integer.MAX_VALUE);
            Message.Builder builder = prototype.newBuilderForType();
            try {
                builder.mergeFrom(coded);
            } catch (InvalidProtocolBufferException e) {
                throw new ModelFormatException(file + ": no binary " + prototype.getDescriptorForType().getName() + ", wrong at byte "
                        + coded.getTotalBytesRead() + " of " + Files.size(file) + ": " + e.getMessage() + "; "
                        + FileKind.describe(file), e);
            }
            @SuppressWarnings("unchecked")
            M message = (M) builder.build();
            return message;
        } catch (IOException e) {
            throw new ModelFormatException("Could not read " + file + ": " + FileKind.describe(file), e);
        }
    }

    /** The file's text: UTF-8 with or without a byte order mark, else Latin-1, which old files use in comments. */
    private static String text(Path file) {
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(file);
        } catch (IOException e) {
            throw new NetDefinitionException("Could not read " + file + ": " + FileKind.describe(file), e);
        }
        FileKind kind = FileKind.of(bytes.length > 512 ? Arrays.copyOf(bytes, 512) : bytes);
        if (kind != FileKind.TEXT && kind != FileKind.EMPTY) {
            throw new NetDefinitionException(file + ": expected text (a prototxt), but it looks like " + describe(file, kind));
        }
        try {
            String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
            return text.startsWith("\ufeff") ? text.substring(1) : text;
        } catch (CharacterCodingException e) {
            return new String(bytes, StandardCharsets.ISO_8859_1);
        }
    }

    private static String describe(Path file, FileKind kind) {
        try {
            return FileKind.isHdf5(file) ? FileKind.HDF5.description() : kind.description();
        } catch (IOException e) {
            return kind.description();
        }
    }

    private static NetDefinitionException definitionError(String text, String source, Descriptor root, TextFormat.ParseException e) {
        int line = e.getLine();
        int column = e.getColumn();
        Matcher position = POSITION.matcher(e.getMessage());
        String what = position.lookingAt() ? position.group(3) : e.getMessage();
        Matcher unknown = UNKNOWN_FIELD.matcher(e.getMessage());
        if (unknown.find()) {
            line = Integer.parseInt(unknown.group(1));
            column = Integer.parseInt(unknown.group(2));
            what = unknownField(root, unknown.group(3), unknown.group(4));
        }
        return new NetDefinitionException(source + ":" + line + ":" + column + ": " + what + excerpt(text, line, column), e);
    }

    private static String unknownField(Descriptor root, String message, String field) {
        Descriptor parent = root.getFile().findMessageTypeByName(message.substring(message.indexOf('.') + 1));
        if (parent == null) {
            return "Message type \"" + message + "\" has no field named \"" + field + "\".";
        }
        List<String> names = new ArrayList<>();
        for (FieldDescriptor known : parent.getFields()) {
            names.add(known.getName());
        }
        return "Message type \"" + message + "\" has no field named \"" + field + "\"" + NearNames.hint(field, names);
    }

    /** The offending line and a caret under the column, on lines of their own. */
    private static String excerpt(String text, int line, int column) {
        String[] lines = text.split("\r?\n|\r", -1);
        if (line < 1 || line > lines.length) {
            return "";
        }
        String shown = lines[line - 1];
        int from = Math.max(0, Math.min(column - 1, shown.length()) - 80);
        int to = Math.min(shown.length(), from + 160);
        return "\n    " + shown.substring(from, to).replace('\t', ' ') + "\n    " + " ".repeat(Math.max(0, column - 1 - from)) + "^";
    }
}
