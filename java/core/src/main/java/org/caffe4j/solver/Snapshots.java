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
import org.caffe4j.io.BlobValues;
import org.caffe4j.io.ResumeFile;
import org.caffe4j.io.SolverSnapshot;
import org.caffe4j.io.WeightBlob;
import org.caffe4j.proto.ResumeState;
import org.caffe4j.proto.SolverParameter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes and reads a solver's snapshots under Caffe's names, {@code <snapshot_prefix>_iter_<iteration>} with {@code .caffemodel} and
 * {@code .solverstate}, or with {@code .caffemodel.h5} and {@code .solverstate.h5} for {@code snapshot_format: HDF5}; beside them a file
 * {@code .resume} of caffe4j's own, with which a run goes on exactly.
 */
final class Snapshots {
    private static final Logger LOG = LoggerFactory.getLogger(Solver.class);

    /** The two files of a snapshot that Caffe knows. */
    record Written(Path model, Path state) {
    }

    private final Solver solver;
    private final SolverParameter param;

    Snapshots(Solver solver) {
        this.solver = solver;
        param = solver.param();
    }

    /** Finds out before training whether the snapshots every so many iterations, if there are to be some, can be written. */
    void check() {
        if (param.getSnapshot() <= 0) {
            return;
        }
        if (param.getSnapshotPrefix().isEmpty()) {
            throw new NetDefinitionException("In solver params, snapshot is specified but snapshot_prefix is not. Set snapshot_prefix.");
        }
        probe();
    }

    /** Finds out whether a snapshot can be written. @throws DataException if it cannot */
    void probe() {
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

    /**
     * Writes the three files to disk before the first appears under its name, and lets the solver state appear last: a process that is
     * killed, or a disk that is full, leaves an earlier snapshot as it was, and a state that can be seen can be resumed from exactly.
     *
     * @param resume for the third file, beside the two that Caffe knows
     */
    Written write(ResumeState resume) {
        boolean hdf5 = param.getSnapshotFormat() == SolverParameter.SnapshotFormat.HDF5;
        Written files = new Written(path(hdf5 ? ".caffemodel.h5" : ".caffemodel"), path(hdf5 ? ".solverstate.h5" : ".solverstate"));
        try (AtomicFile model = stageModel(files.model(), hdf5);
                AtomicFile state = stageState(files, hdf5);
                AtomicFile beside = ResumeFile.stage(files.state(), state.content(), resume)) {
            model.commit();
            beside.commit();
            state.commit();
        }
        return files;
    }

    private static String format(boolean hdf5) {
        return hdf5 ? "HDF5" : "binary proto";
    }

    private AtomicFile stageModel(Path file, boolean hdf5) {
        LOG.info("Snapshotting to {} file {}", format(hdf5), file);
        boolean withDiffs = param.getSnapshotDiff();
        return hdf5 ? solver.net().stageHdf5(file, withDiffs) : solver.net().stage(file, withDiffs);
    }

    private AtomicFile stageState(Written files, boolean hdf5) {
        LOG.info("Snapshotting solver state to {} file {}", format(hdf5), files.state());
        List<BlobValues> history = solver.history().stream().map(blob -> BlobValues.of(blob, false)).toList();
        String model = files.model().toString();
        return hdf5 ? SolverSnapshot.stageHdf5(files.state(), solver.iteration(), model, solver.currentStep(), history)
                : SolverSnapshot.stage(files.state(), solver.iteration(), model, solver.currentStep(), history);
    }

    /** @param exact whether to go on with data and random numbers where the snapshot was taken, if it has the file for that */
    void restore(Path file, boolean exact) {
        try (SolverSnapshot state = read(file)) {
            List<Blob> history = solver.history();
            checkHistory(file, state.history(), history);
            Path model = model(file, state.learnedNet());
            solver.net().copyTrainedLayersFrom(model).warnOfMissing(model);
            LOG.info("SGDSolver: restoring history");
            for (int i = 0; i < history.size(); i++) {
                state.history().get(i).copyTo(history.get(i).data().overwrite());
            }
            solver.setProgress(state.iter(), state.currentStep());
        }
        if (exact) {
            restoreExactly(file);
        }
    }

    private void restoreExactly(Path file) {
        Path resume = ResumeFile.beside(file);
        if (!Files.exists(resume)) {
            LOG.info("There is no {}: data and random numbers start anew", resume);
            return;
        }
        ResumeState state;
        try {
            state = ResumeFile.read(file);
        } catch (ModelFormatException e) {
            LOG.warn("{}; data and random numbers start anew", e.getMessage());
            return;
        }
        try {
            ResumePoint.restore(solver, state);
        } catch (DataException e) {
            throw new DataException(resume + ": " + e.getMessage() + ". If the nets or their data were changed on purpose, resume without "
                    + "this file: --ignore_resume, or restore(file, false)", e);
        }
        solver.resumeLoss(state.getSmoothedLoss());
        LOG.info("Going on exactly where {} was written", resume);
    }

    private static SolverSnapshot read(Path file) {
        try {
            return SolverSnapshot.read(file);
        } catch (ModelFormatException e) {
            throw new ModelFormatException(e.getMessage()
                    + " (--snapshot, or restore, takes a .solverstate; a .caffemodel goes to --weights)", e);
        }
    }

    private static void checkHistory(Path file, List<WeightBlob> found, List<Blob> expected) {
        String hint = ". Is it the state of another net or of another solver type?";
        if (found.size() != expected.size()) {
            throw new ModelFormatException("Incorrect length of history blobs. " + file + " has " + found.size() + ", this solver "
                    + expected.size() + hint);
        }
        for (int i = 0; i < found.size(); i++) {
            if (!found.get(i).fits(expected.get(i).shape())) {
                throw new ModelFormatException("History blob " + i + " of " + file + " has shape " + Blob.shapeString(found.get(i).shape())
                        + ", this solver needs " + expected.get(i).shapeString() + hint);
            }
        }
    }

    /** The model of a state: the path as written, relative to the working directory, else the file of that name beside the state. */
    private static Path model(Path state, String learnedNet) {
        if (learnedNet.isEmpty()) {
            throw new ModelFormatException(state + " names no file of weights (learned_net), so training cannot go on from it.");
        }
        Path model = Path.of(learnedNet);
        Path beside = state.resolveSibling(model.getFileName());
        return !Files.exists(model) && Files.exists(beside) ? beside : model;
    }

    private Path path(String extension) {
        return Path.of(param.getSnapshotPrefix() + "_iter_" + solver.iteration() + extension);
    }
}
