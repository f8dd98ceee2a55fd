package org.caffe4j.tools;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.caffe4j.Context;
import org.caffe4j.LogNumbers;
import org.caffe4j.io.PrototxtReader;
import org.caffe4j.proto.NetState;
import org.caffe4j.proto.SolverParameter;
import org.caffe4j.solver.Solver;
import org.caffe4j.solver.SolverFactory;
import org.caffe4j.solver.SolverListener;
import org.caffe4j.tools.traininglog.Metrics;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code caffe train}: trains a net as a solver file says, from the start, from trained weights or from a snapshot. */
@Command(description = "Trains the net of a solver file, from the start, from trained weights or from a snapshot.", sortOptions = false)
final class TrainCommand extends BrewCommand {
    private static final Logger LOG = LoggerFactory.getLogger(TrainCommand.class);

    @Option(names = "--check_finite", description = "stop with an error when the loss is infinite or not a number")
    private boolean checkFinite;

    @Option(names = "--ignore_resume",
            description = "with --snapshot: start data and random numbers anew, as Caffe does, instead of going on where the run stopped")
    private boolean ignoreResume;

    @Option(names = "--metrics", paramLabel = "FILE", description = "write iteration, seconds, lr, loss and outputs at each display and test to"
            + " this file, .csv or .jsonl; with --snapshot behind the lines of the iterations before")
    private Path metrics;

    @Override
    public Integer call() {
        Path file = Path.of(require(solver, "train", "solver", "lenet_solver.prototxt"));
        if (!snapshot.isEmpty() && !weights.isEmpty()) {
            throw new UsageException("caffe train takes --snapshot to resume training or --weights to start from trained weights, not both");
        }
        SignalEffects.Effect onInterrupt = SignalEffects.Effect.of(sigintEffect, "sigint_effect");
        SignalEffects.Effect onHangup = SignalEffects.Effect.of(sighupEffect, "sighup_effect");
        SolverParameter param = withFlags(PrototxtReader.readSolver(file));
        try (Metrics written = metrics == null ? null : new Metrics(metrics, !snapshot.isEmpty());
                Context context = Devices.open(gpu, threads, param, solver);
                Progress progress = Progress.of("Training", "iterations", param.getMaxIter(), false)) {
            List<SolverListener> listeners = new ArrayList<>(List.of(new SolverListener() {
                @Override
                public void onIteration(Solver running, float loss) {
                    progress.update(running.iteration(), "loss " + LogNumbers.format(loss, 3));
                }
            }));
            if (written != null) {
                listeners.add(written);
            }
            train(param, context, this::prepare, onInterrupt, onHangup, listeners);
        }
        return 0;
    }

    private void prepare(Solver running) {
        running.setCheckFinite(checkFinite);
        if (!snapshot.isEmpty()) {
            LOG.info("Resuming from {}", snapshot);
            running.restore(Path.of(snapshot), !ignoreResume);
        }
    }

    /**
     * Trains as the command does.
     *
     * @param prepare called with the solver before it starts
     * @param listeners told of the progress
     */
    @SuppressWarnings("try")
    static void train(SolverParameter param, Context context, Consumer<Solver> prepare, SignalEffects.Effect onInterrupt,
            SignalEffects.Effect onHangup, List<SolverListener> listeners) {
        try (Solver solver = SolverFactory.create(param, context); SignalEffects effects = new SignalEffects(solver, onInterrupt, onHangup)) {
            listeners.forEach(solver::addListener);
            prepare.accept(solver);
            LOG.info("Starting Optimization");
            solver.solve();
            LOG.info("Optimization Done.");
        }
    }

    /** The description in a solver file with what the flags change in it. */
    private SolverParameter withFlags(SolverParameter read) {
        NetState.Builder state = read.getTrainState().toBuilder().setLevel(level).addAllStage(Flags.list(stage));
        SolverParameter.Builder param = read.toBuilder().setTrainState(state);
        if (!snapshot.isEmpty()) {
            param.clearWeights();
        } else if (!weights.isEmpty()) {
            param.clearWeights().addWeights(weights);
        }
        return param.build();
    }
}
