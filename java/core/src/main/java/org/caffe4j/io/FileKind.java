package org.caffe4j.io;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/** What a file looks like from its first bytes: how a reader says what it was given instead of what it wanted. */
public enum FileKind {
    HDF5("an HDF5 file"),
    NET_BINARY("a binary NetParameter (.caffemodel)"),
    SOLVER_STATE("a solver state (.solverstate)"),
    BLOB("a single blob (.binaryproto, a mean image)"),
    GIT_LFS("a git-lfs pointer: the file itself was not downloaded, run 'git lfs pull'"),
    HTML("an HTML page: the download brought a web page instead of the file"),
    ZIP("a zip archive (.npz, .zip, a PyTorch model): unpack or convert it"),
    GZIP("a gzip file: unpack it"),
    NPY("a NumPy array (.npy)"),
    IMAGE("an image"),
    TEXT("text (a prototxt?)"),
    EMPTY("an empty file"),
    UNKNOWN("unknown binary data");

    private static final byte[] HDF5_SIGNATURE = {(byte) 0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
    private static final int HEAD = 512;

    private final String description;

    FileKind(String description) {
        this.description = description;
    }

    /** A phrase for error messages, as in "it looks like <i>an HDF5 file</i>". */
    public String description() {
        return description;
    }

    /** The kind of a file. @throws IOException if the file cannot be read */
    public static FileKind of(Path file) throws IOException {
        if (isHdf5(file)) {
            return HDF5;
        }
        try (InputStream in = Files.newInputStream(file)) {
            return of(in.readNBytes(HEAD));
        }
    }

    /**
     * Whether a file carries HDF5's signature, at its start or behind a user block (a power of two from 512).
     *
     * @throws IOException if the file cannot be read
     */
    public static boolean isHdf5(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            return false;
        }
        try (FileChannel channel = FileChannel.open(file)) {
            ByteBuffer bytes = ByteBuffer.allocate(HDF5_SIGNATURE.length);
            for (long at = 0; at + HDF5_SIGNATURE.length <= channel.size(); at = at == 0 ? 512 : 2 * at) {
                bytes.clear();
                channel.read(bytes, at);
                if (Arrays.equals(bytes.array(), HDF5_SIGNATURE)) {
                    return true;
                }
            }
            return false;
        }
    }

    static FileKind of(byte[] head) {
        if (head.length == 0) {
            return EMPTY;
        }
        String text = new String(head, StandardCharsets.ISO_8859_1);
        String lower = text.stripLeading().toLowerCase(Locale.ROOT);
        if (text.startsWith("version https://git-lfs")) {
            return GIT_LFS;
        }
        if (lower.startsWith("<!doctype") || lower.startsWith("<html") || lower.startsWith("<?xml")) {
            return HTML;
        }
        if (text.startsWith("PK\u0003\u0004") || text.startsWith("PK\u0005\u0006")) {
            return ZIP;
        }
        if (text.startsWith("\u001f\u008b")) {
            return GZIP;
        }
        if (text.startsWith("\u0093NUMPY")) {
            return NPY;
        }
        if (text.startsWith("\u0089PNG") || text.startsWith("\u00ff\u00d8\u00ff") || text.startsWith("GIF8")) {
            return IMAGE;
        }
        return isText(head) ? TEXT : protobuf(head);
    }

    private static boolean isText(byte[] head) {
        for (byte b : head) {
            if (b == 0x7f || (b >= 0 && b < ' ' && b != '\n' && b != '\r' && b != '\t' && b != '\f')) {
                return false;
            }
        }
        return true;
    }

    /** The three messages that Caffe writes as binary files differ in the wire types of their first two fields. */
    private static FileKind protobuf(byte[] head) {
        return switch (head[0]) {
            case 0x0a, 0x12 -> NET_BINARY;
            case (byte) 0xa2 -> head.length > 1 && head[1] == 0x06 ? NET_BINARY : UNKNOWN;
            case 0x08 -> secondTag(head) == 0x10 ? BLOB : secondTag(head) == 0x12 || secondTag(head) == 0x1a ? SOLVER_STATE : UNKNOWN;
            case 0x2a -> BLOB;
            default -> UNKNOWN;
        };
    }

    private static int secondTag(byte[] head) {
        int at = 1;
        while (at < head.length && head[at] < 0) {
            at++;
        }
        return at + 1 < head.length ? head[at + 1] : -1;
    }

    /** "it looks like …" for a file that may not even exist; never throws. */
    static String describe(Path file) {
        try {
            return "it looks like " + of(file).description();
        } catch (NoSuchFileException e) {
            return "there is no such file";
        } catch (IOException e) {
            return "it cannot be read (" + e + ")";
        }
    }
}
