package org.caffe4j.graph;

import java.nio.file.Files;
import java.nio.file.Path;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.proto.NetParameter;
import org.caffe4j.proto.SolverParameter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Brings a solver to the current format: the enum {@code solver_type} to the string {@code type}, and its embedded nets. */
public final class SolverUpgrade {
    private static final Logger LOG = LoggerFactory.getLogger(SolverUpgrade.class);

    private SolverUpgrade() {
    }

    /** Whether the solver uses the deprecated enum. */
    public static boolean needsUpgrade(SolverParameter solver) {
        return solver.hasSolverType();
    }

    /**
     * The solver in the current format; {@code source} names it in log and errors.
     *
     * @throws NetDefinitionException if it has both {@code solver_type} and {@code type}
     */
    public static SolverParameter upgrade(SolverParameter solver, String source) {
        SolverParameter.Builder upgraded = solver.toBuilder();
        if (needsUpgrade(solver)) {
            if (solver.hasType()) {
                throw new NetDefinitionException(source + ": Failed to upgrade solver: the old field solver_type: " + solver.getSolverType()
                        + " and the new field type: \"" + solver.getType() + "\" cannot be given both; remove solver_type");
            }
            LOG.info("Attempting to upgrade input file specified using deprecated 'solver_type' field (enum): {}", source);
            upgraded.clearSolverType().setType(typeName(solver.getSolverType()));
            LOG.warn("{} uses the deprecated field solver_type; write type: \"{}\" instead", source, upgraded.getType());
        }
        if (solver.hasNetParam()) {
            upgraded.setNetParam(NetUpgrade.upgrade(solver.getNetParam(), source + " (net_param)"));
        }
        if (solver.hasTrainNetParam()) {
            upgraded.setTrainNetParam(NetUpgrade.upgrade(solver.getTrainNetParam(), source + " (train_net_param)"));
        }
        for (int i = 0; i < solver.getTestNetParamCount(); i++) {
            NetParameter net = NetUpgrade.upgrade(solver.getTestNetParam(i), source + " (test_net_param " + i + ")");
            upgraded.setTestNetParam(i, net);
        }
        return upgraded.build();
    }

    private static String typeName(SolverParameter.SolverType type) {
        return switch (type) {
            case SGD -> "SGD";
            case NESTEROV -> "Nesterov";
            case ADAGRAD -> "AdaGrad";
            case RMSPROP -> "RMSProp";
            case ADADELTA -> "AdaDelta";
            case ADAM -> "Adam";
        };
    }

    /**
     * Gives a solver read from a file its {@code snapshot_prefix}: unset it becomes the file's path without extension; a directory gets
     * the file's stem appended; anything else stays.
     */
    public static SolverParameter completeSnapshotPrefix(SolverParameter solver, Path file) {
        String name = file.getFileName().toString();
        int dot = name.lastIndexOf('.');
        String stem = dot > 0 ? name.substring(0, dot) : name;
        if (!solver.hasSnapshotPrefix()) {
            return solver.toBuilder().setSnapshotPrefix(file.resolveSibling(stem).toString()).build();
        }
        if (!solver.getSnapshotPrefix().isEmpty() && Files.isDirectory(Path.of(solver.getSnapshotPrefix()))) {
            return solver.toBuilder().setSnapshotPrefix(Path.of(solver.getSnapshotPrefix(), stem).toString()).build();
        }
        return solver;
    }
}
