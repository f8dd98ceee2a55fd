package org.caffe4j.io;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.caffe4j.CaffeException;
import org.caffe4j.DataException;
import org.caffe4j.ModelFormatException;

/**
 * A solver's state as {@code .solverstate} or {@code .solverstate.h5} keeps it: the iteration, the file of the weights, and the history
 * blobs (one for each learnable param, two for AdaDelta and Adam). A snapshot that was read keeps its file open until it is closed;
 * the values are read when they are copied. Immutable; any thread may read.
 */
public final class SolverSnapshot implements AutoCloseable {
    private static final int ITER = 1;
    private static final int LEARNED_NET = 2;
    private static final int HISTORY = 3;
    private static final int CURRENT_STEP = 4;

    private final int iter;
    private final String learnedNet;
    private final int currentStep;
    private final List<WeightBlob> history;
    private final Runnable closing;

    private SolverSnapshot(int iter, String learnedNet, int currentStep, List<WeightBlob> history, Runnable closing) {
        this.iter = iter;
        this.learnedNet = learnedNet;
        this.currentStep = currentStep;
        this.history = List.copyOf(history);
        this.closing = closing;
    }

    /** The iteration at which the snapshot was taken. */
    public int iter() {
        return iter;
    }

    /** The name of the file of weights as it was written: a relative one is relative to the working directory of the training. */
    public String learnedNet() {
        return learnedNet;
    }

    /** The step that the multistep policy had reached. */
    public int currentStep() {
        return currentStep;
    }

    /** The history blobs in the solver's order. */
    public List<WeightBlob> history() {
        return history;
    }

    /** Closes the file; idempotent. */
    @Override
    public void close() {
        closing.run();
    }

    /**
     * Opens a solver state; whether it is HDF5 is told by its signature, not by its name.
     *
     * @throws ModelFormatException if the file is missing, damaged, truncated or of another kind
     */
    public static SolverSnapshot read(Path file) {
        return BlobFile.read(file, SolverSnapshot::readHdf5, SolverSnapshot::readBinary);
    }

    private static SolverSnapshot readBinary(BlobFile file) {
        int[] numbers = new int[CURRENT_STEP + 1];
        boolean[] found = new boolean[1];
        String[] learnedNet = {""};
        List<WeightBlob> history = new ArrayList<>();
        file.readAll((field, wireType) -> {
            boolean delimited = wireType == WireFormat.WIRETYPE_LENGTH_DELIMITED;
            if ((field == ITER && delimited) || (field == LEARNED_NET && !delimited)) {
                throw file.wrong("is no solver state: wrong");
            }
            if (delimited && field == LEARNED_NET) {
                learnedNet[0] = file.string();
            } else if (delimited && field == HISTORY) {
                history.add(file.blob("history blob " + history.size()));
            } else if (wireType == WireFormat.WIRETYPE_VARINT && (field == ITER || field == CURRENT_STEP)) {
                numbers[field] = file.varint();
                found[0] |= field == ITER;
            } else {
                return false;
            }
            return true;
        });
        if (!found[0]) {
            throw file.wrong("is no solver state: it has no iteration,");
        }
        return new SolverSnapshot(numbers[ITER], learnedNet[0], numbers[CURRENT_STEP], history, file::close);
    }

    private static SolverSnapshot readHdf5(Path path) {
        Hdf5File file = null;
        try {
            file = Hdf5File.open(path);
            if (!file.contains("iter") || !file.contains("history")) {
                throw new DataException(path + " is no .solverstate.h5: it has no iter and history but " + file.children("/")
                        + (file.contains("data") ? "; it looks like a .caffemodel.h5, which --weights takes" : ""));
            }
            List<WeightBlob> history = new ArrayList<>();
            int count = file.children("history").size();
            for (int i = 0; i < count; i++) {
                history.add(new Hdf5Weights.Hdf5Blob(file, "history/" + i, "diff/" + i));
            }
            return new SolverSnapshot(file.readInt("iter"), file.contains("learned_net") ? file.readString("learned_net") : "",
                    file.readInt("current_step"), history, file::close);
        } catch (RuntimeException e) {
            if (file != null) {
                file.close();
            }
            throw e instanceof ModelFormatException ? e : new ModelFormatException(e.getMessage(), e);
        }
    }

    /**
     * Writes a binary {@code .solverstate}, whole or not at all.
     *
     * @param history the history blobs in the solver's order; gradients in them are ignored
     * @throws CaffeException if the file cannot be written or would exceed protobuf's 2 GB
     */
    public static void write(Path file, int iter, String learnedNet, int currentStep, List<BlobValues> history) {
        stage(file, iter, learnedNet, currentStep, history).commit();
    }

    /** As {@link #write}; the file appears when the caller commits it. */
    public static AtomicFile stage(Path file, int iter, String learnedNet, int currentStep, List<BlobValues> history) {
        List<BlobValues> blobs = history.stream().map(blob -> new BlobValues(blob.shape(), blob.data(), null)).toList();
        long size = CodedOutputStream.computeInt32Size(ITER, iter) + CodedOutputStream.computeStringSize(LEARNED_NET, learnedNet)
                + CodedOutputStream.computeInt32Size(CURRENT_STEP, currentStep);
        for (BlobValues blob : blobs) {
            size += BlobWriter.nestedSize(HISTORY, BlobWriter.size(blob));
        }
        BlobWriter.checkSize(file, size);
        return AtomicFile.stage(file, temporary -> {
            try (BlobWriter writer = new BlobWriter(temporary)) {
                writer.out().writeInt32(ITER, iter);
                writer.out().writeString(LEARNED_NET, learnedNet);
                for (BlobValues blob : blobs) {
                    writer.blob(HISTORY, blob);
                }
                writer.out().writeInt32(CURRENT_STEP, currentStep);
            }
        });
    }

    /** Writes a {@code .solverstate.h5}, whole or not at all; arguments and errors as {@link #write}. */
    public static void writeHdf5(Path file, int iter, String learnedNet, int currentStep, List<BlobValues> history) {
        stageHdf5(file, iter, learnedNet, currentStep, history).commit();
    }

    /** As {@link #writeHdf5}; the file appears when the caller commits it. */
    public static AtomicFile stageHdf5(Path file, int iter, String learnedNet, int currentStep, List<BlobValues> history) {
        Hdf5Writer writer = new Hdf5Writer().integer("iter", iter).string("learned_net", learnedNet).integer("current_step", currentStep)
                .group("history");
        for (int i = 0; i < history.size(); i++) {
            writer.floats("history/" + i, history.get(i).shape(), history.get(i).data());
        }
        return writer.stage(file);
    }
}
