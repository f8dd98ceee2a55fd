package org.caffe4j.solver;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.DataException;
import org.caffe4j.ModelFormatException;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.io.AtomicFile;
import org.caffe4j.io.BlobProtos;
import org.caffe4j.io.PrototxtReader;
import org.caffe4j.io.WeightBlob;
import org.caffe4j.proto.NetParameter;
import org.caffe4j.proto.SolverParameter;
import org.caffe4j.proto.SolverState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes and reads a solver's snapshots under Caffe's names, {@code <snapshot_prefix>_iter_<iteration>} with {@code .caffemodel} and
 * {@code .solverstate}, or with {@code .caffemodel.h5} and {@code .solverstate.h5} for {@code snapshot_format: HDF5}.
 */
final class Snapshots {
    private static final Logger LOG = LoggerFactory.getLogger(Solver.class);

    /** The two files of a snapshot. */
    record Written(Path model, Path state) {
    }

    private final Solver solver;
    private final SolverParameter param;

    Snapshots(Solver solver) {
        this.solver = solver;
        param = solver.param();
        if (param.getSnapshotFormat() == SolverParameter.SnapshotFormat.HDF5) {
            throw new NetDefinitionException("snapshot_format: HDF5 is not written yet; use BINARYPROTO, the default.");
        }
    }

    /** Finds out before training whether a snapshot can be written, if the solver is to write some. */
    void probe() {
        if (param.getSnapshot() <= 0) {
            return;
        }
        if (param.getSnapshotPrefix().isEmpty()) {
            throw new NetDefinitionException("In solver params, snapshot is specified but snapshot_prefix is not. Set snapshot_prefix.");
        }
        Path probe = path(".tempfile");
        try {
            Files.deleteIfExists(probe);
            Files.createFile(probe);
            Files.delete(probe);
        } catch (IOException e) {
            throw new DataException("Cannot write to snapshot prefix '" + param.getSnapshotPrefix()
                    + "'.  Make sure that the directory exists and is writable. (" + e + ")", e);
        }
    }

    Written write() {
        Written files = new Written(path(".caffemodel"), path(".solverstate"));
        LOG.info("Snapshotting to binary proto file {}", files.model());
        NetParameter.Builder net = solver.net().toParameter().toBuilder();
        for (int i = 0; i < net.getLayerCount(); i++) {
            for (Blob b : solver.net().layers().get(i).blobs()) {
                net.getLayerBuilder(i).addBlobs(BlobProtos.of(b.shape(), b.data().read(), param.getSnapshotDiff() ? b.diff().read() : null));
            }
        }
        AtomicFile.write(files.model(), to -> Files.write(to, net.build().toByteArray()));
        LOG.info("Snapshotting solver state to binary proto file {}", files.state());
        SolverState.Builder state = SolverState.newBuilder().setIter(solver.iteration()).setCurrentStep(solver.currentStep())
                .setLearnedNet(files.model().toString());
        solver.history().forEach(b -> state.addHistory(BlobProtos.of(b.shape(), b.data().read(), null)));
        AtomicFile.write(files.state(), to -> Files.write(to, state.build().toByteArray()));
        return files;
    }

    void restore(Path file) {
        SolverState state = PrototxtReader.readBinary(file, SolverState.getDefaultInstance());
        solver.net().copyTrainedLayersFrom(model(file, state.getLearnedNet()));
        LOG.info("SGDSolver: restoring history");
        List<Blob> history = solver.history();
        checkHistory(file, state.getHistoryCount(), history.size());
        for (int i = 0; i < history.size(); i++) {
            WeightBlob from = BlobProtos.view(state.getHistory(i), "h");
            from.copyTo(history.get(i).data().overwrite());
        }
        solver.setProgress(state.getIter(), state.getCurrentStep());
    }

    private static void checkHistory(Path file, int found, int expected) {
        if (found != expected) {
            throw new ModelFormatException("Incorrect length of history blobs. " + file + " has " + found + ", this solver " + expected
                    + ". Is it the state of another net or of another solver type?");
        }
    }

    /** The model of a state: its path as written, which may be relative to the working directory, else the file of that name beside the state. */
    private static Path model(Path state, String learnedNet) {
        Path model = Path.of(learnedNet);
        Path beside = state.resolveSibling(model.getFileName());
        return !Files.exists(model) && Files.exists(beside) ? beside : model;
    }

    private Path path(String extension) {
        return Path.of(param.getSnapshotPrefix() + "_iter_" + solver.iteration() + extension);
    }
}
