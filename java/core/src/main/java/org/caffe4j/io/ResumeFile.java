package org.caffe4j.io;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32;
import org.caffe4j.CaffeException;
import org.caffe4j.ModelFormatException;
import org.caffe4j.proto.ResumeState;

/**
 * Reads and writes the file {@code <prefix>_iter_<n>.resume}, whose form resume.proto describes: it lies beside a {@code .solverstate} and
 * holds what Caffe's snapshots leave out. Any thread.
 */
public final class ResumeFile {
    private static final byte[] MAGIC = {'C', '4', 'J', 'R', 'E', 'S', 'U', 'M'};
    private static final int VERSION = 1;

    private ResumeFile() {
    }

    /** The file that belongs to a solver state: of the same name, {@code .resume} in place of {@code .solverstate} and {@code .h5}. */
    public static Path beside(Path solverState) {
        String name = solverState.getFileName().toString().replaceFirst("(\\.solverstate)?(\\.h5)?$", "");
        return solverState.resolveSibling(name + ".resume");
    }

    /**
     * Stages the file for a solver state that is about to be written.
     *
     * @param solverState the name of the state
     * @param content where its content lies now
     * @throws CaffeException if that fails
     */
    public static AtomicFile stage(Path solverState, Path content, ResumeState state) {
        return AtomicFile.stage(beside(solverState), temporary -> {
            byte[] message = state.toBuilder().setSolverStateCrc((int) crc(content)).build().toByteArray();
            try (DataOutputStream out = new DataOutputStream(Files.newOutputStream(temporary))) {
                out.write(MAGIC);
                out.writeInt(VERSION);
                out.writeInt(message.length);
                out.writeInt((int) crc(message));
                out.write(message);
            }
        });
    }

    /**
     * Reads the file that belongs to a solver state.
     *
     * @throws ModelFormatException if it is damaged, of a later version, or was written for another solver state
     */
    public static ResumeState read(Path solverState) {
        Path file = beside(solverState);
        try (DataInputStream in = new DataInputStream(Files.newInputStream(file))) {
            if (!Arrays.equals(in.readNBytes(MAGIC.length), MAGIC)) {
                throw new ModelFormatException(file + " is no resume file: it does not begin with C4JRESUM");
            }
            int version = in.readInt();
            if (version != VERSION) {
                throw new ModelFormatException(file + " has version " + version + ", this library reads version " + VERSION);
            }
            int length = in.readInt();
            int crc = in.readInt();
            byte[] message = in.readNBytes(Math.max(0, length));
            if (message.length != length || in.read() >= 0 || (int) crc(message) != crc) {
                throw new ModelFormatException(file + " is damaged: its contents do not have the length or the checksum written in it");
            }
            ResumeState state = ResumeState.parseFrom(message);
            if (state.getSolverStateCrc() != (int) crc(solverState)) {
                throw new ModelFormatException(file + " was written for another solver state than " + solverState);
            }
            return state;
        } catch (EOFException e) {
            throw new ModelFormatException(file + " is damaged: it ends within its head", e);
        } catch (IOException e) {
            throw new ModelFormatException("Cannot read " + file + ": " + e, e);
        }
    }

    private static long crc(byte[] bytes) {
        CRC32 crc = new CRC32();
        crc.update(bytes);
        return crc.getValue();
    }

    private static long crc(Path file) throws IOException {
        CRC32 crc = new CRC32();
        byte[] chunk = new byte[1 << 16];
        try (InputStream in = Files.newInputStream(file)) {
            for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
                crc.update(chunk, 0, n);
            }
        }
        return crc.getValue();
    }
}
