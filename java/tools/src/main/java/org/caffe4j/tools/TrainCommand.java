package org.caffe4j.tools;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.caffe4j.Context;
import org.caffe4j.LogNumbers;
import org.caffe4j.io.PrototxtReader;
import org.caffe4j.proto.SolverParameter;
import org.caffe4j.solver.ParallelTraining;
import org.caffe4j.solver.Solver;
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

    @Option(names = "--replicas", defaultValue = "1", paramLabel = "N", description = "on the CPU: train this many replicas of the net together,"
            + " each with the net's batch size on its share of the data and on its share of the threads; default 1")
    private int replicas;

    @Option(names = "--metrics", paramLabel = "FILE", description = "write iteration, seconds, lr, loss and outputs at each display and test to"
            + " this file, .csv or .jsonl; with --snapshot behind the lines of the iterations before it")
    private Path metrics;

    @Override
    List<String> ignoredFlags() {
        return List.of("--model", "--phase", "--iterations");
    }

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
                Ranks ranks = new Ranks(Devices.open(gpu, threads.count(), replicas, param, solver));
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
            train(param, ranks.contexts(), this::prepare, onInterrupt, onHangup, listeners);
        }
        return 0;
    }

    /** The contexts of the ranks, closed together. */
    private record Ranks(List<Context> contexts) implements AutoCloseable {
        @Override
        public void close() {
            contexts.forEach(Context::close);
        }
    }

    private void prepare(ParallelTraining running) {
        running.setCheckFinite(checkFinite);
        if (!snapshot.isEmpty()) {
            LOG.info("Resuming from {}", snapshot);
            running.restore(Path.of(snapshot), !ignoreResume);
        }
    }

    /**
     * Trains as the command does.
     *
     * @param contexts one for each rank
     * @param prepare called before training starts
     * @param listeners told of the progress
     */
    @SuppressWarnings("try")
    static void train(SolverParameter param, List<Context> contexts, Consumer<ParallelTraining> prepare, SignalEffects.Effect onInterrupt,
            SignalEffects.Effect onHangup, List<SolverListener> listeners) {
        try (ParallelTraining training = new ParallelTraining(param, contexts);
                SignalEffects effects = new SignalEffects(training.root(), onInterrupt, onHangup)) {
            listeners.forEach(training.root()::addListener);
            prepare.accept(training);
            LOG.info("Starting Optimization");
            training.solve();
            LOG.info("Optimization Done.");
        }
    }

    /** The description in a solver file with what the flags change in it. */
    private SolverParameter withFlags(SolverParameter read) {
        SolverParameter.Builder param = read.toBuilder().setTrainState(state.in(read.getTrainState()));
        if (!snapshot.isEmpty()) {
            param.clearWeights();
        } else if (!weights.isEmpty()) {
            param.clearWeights().addWeights(weights);
        }
        return param.build();
    }
}
