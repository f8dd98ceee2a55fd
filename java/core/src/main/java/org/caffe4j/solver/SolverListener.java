package org.caffe4j.solver;

import java.nio.file.Path;
import java.util.List;

/**
 * Told of a solver's progress, on the thread that runs it. A listener may read the solver and its nets, take a snapshot and ask to stop;
 * an exception ends the run.
 */
public interface SolverListener {
    /** Before the forward and backward passes of an iteration. */
    default void onStart(Solver solver) {
    }

    /** After the backward passes, before the parameters are updated. */
    default void onGradientsReady(Solver solver) {
    }

    /** After the update; {@link Solver#iteration} counts the iteration already. */
    default void onIteration(Solver solver, float loss) {
    }

    /**
     * When the solver logs the state of training, before the update of the iteration.
     *
     * @param smoothedLoss mean of the last average_loss losses
     * @param outputs outputs of the train net
     * @param iterationsPerSecond since the last display
     */
    default void onDisplay(Solver solver, float smoothedLoss, List<OutputValue> outputs, double iterationsPerSecond) {
    }

    /** After each batch of a test; {@code batch} counts from 1 to {@code batches}. */
    default void onTestBatch(Solver solver, int net, int batch, int batches) {
    }

    /** After a test of net number {@code net}, with the mean outputs. */
    default void onTest(Solver solver, int net, List<OutputValue> outputs) {
    }

    /** After a snapshot was written. */
    default void onSnapshot(Solver solver, Path model, Path state) {
    }
}
