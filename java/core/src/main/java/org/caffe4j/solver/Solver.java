package org.caffe4j.solver;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.caffe4j.Blob;
import org.caffe4j.CallGuard;
import org.caffe4j.Context;
import org.caffe4j.DataException;
import org.caffe4j.LogNumbers;
import org.caffe4j.ModelFormatException;
import org.caffe4j.Net;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.io.PrototxtWriter;
import org.caffe4j.proto.ResumeState;
import org.caffe4j.proto.SmoothedLossState;
import org.caffe4j.proto.SolverParameter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Trains a net: forward, backward, update, with tests, log lines and snapshots in between. What an update is, the subclass says; make one
 * by {@link SolverFactory}.
 *
 * <p>Confined to one caller at a time, like its nets, save {@link #requestStop}, {@link #requestSnapshot} and the listeners, which any
 * thread may use. The solver owns its nets; {@link #close} frees them and waits for a running call ({@link #requestStop} ends it soon).
 * The log lines are Caffe's. Source: Caffe's Solver.
 */
public abstract class Solver implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Solver.class);

    private final Logger log;
    private final SolverParameter param;
    private final Context context;
    private final SolverNets nets;
    private final Net net;
    private final List<SolverListener> listeners = new CopyOnWriteArrayList<>();
    private final CallGuard guard;
    private final Snapshots snapshots;
    private int iteration;
    private int currentStep;
    private SmoothedLoss smoothed;
    private boolean lossResumed;
    /** Set from the start of a round of tests to its end: a snapshot in between, or after a stop in between, resumes with the whole round. */
    private ResumeState testStart;
    private boolean checkFinite;
    private volatile boolean stopRequested;
    private volatile boolean snapshotRequested;
    private boolean stopped;

    /**
     * Makes the nets and loads the {@code weights} that the description names. A {@code random_seed} plus the context's rank seeds the
     * context.
     *
     * @throws NetDefinitionException if the description or one of its nets is wrong
     */
    protected Solver(SolverParameter param, Context context) {
        this.param = param;
        this.context = context;
        log = context.rootLog(LOG);
        log.info("Initializing solver from parameters: \n{}", PrototxtWriter.print(param));
        if (param.getAverageLoss() < 1) {
            throw new NetDefinitionException("average_loss must be at least 1, the solver has " + param.getAverageLoss() + ".");
        }
        if (param.getIterSize() < 1) {
            throw new NetDefinitionException("iter_size must be at least 1, the solver has " + param.getIterSize() + ".");
        }
        guard = new CallGuard("Solver");
        smoothed = new SmoothedLoss(param.getAverageLoss());
        snapshots = new Snapshots(this);
        snapshots.check();
        if (param.getRandomSeed() >= 0) {
            context.seed(param.getRandomSeed() + context.rank().index());
        }
        nets = new SolverNets(param, context, log);
        net = nets.train();
        log.info("Solver scaffolding done.");
    }

    /** Changes the parameters by their gradients; called once an iteration. */
    protected abstract void applyUpdate();

    /** What the updates remember, in the order in which snapshots hold it. */
    public abstract List<Blob> history();

    /** Trains to {@code max_iter}, with the last snapshot and test. Returns early after {@link #requestStop}. */
    public void solve() {
        guard.run(this, this::runSolve);
    }

    private void runSolve() {
        if (param.getSnapshotAfterTrain()) {
            snapshots.probe();
        }
        log.info("Solving {}", net.name());
        log.info("Learning Rate Policy: {}", param.getLrPolicy());
        runSteps(param.getMaxIter() - iteration);
        if (param.getSnapshotAfterTrain() && (param.getSnapshot() == 0 || iteration % param.getSnapshot() != 0)) {
            snapshot();
        }
        if (stopped) {
            log.info("Optimization stopped early.");
            return;
        }
        if (param.getDisplay() > 0 && iteration % param.getDisplay() == 0) {
            smoothed.add(net.forward());
            log.info("Iteration {}, loss = {}", iteration, LogNumbers.format(smoothed.value()));
        }
        if (param.getTestInterval() > 0 && iteration % param.getTestInterval() == 0) {
            runTests();
        }
        log.info("Optimization Done.");
    }

    /** Runs {@code iterations} iterations, or fewer after {@link #requestStop}. The smoothed loss starts anew. */
    public void step(int iterations) {
        guard.run(this, () -> runSteps(iterations));
    }

    private void runSteps(int iterations) {
        int stop = iteration + iterations;
        if (!lossResumed) {
            smoothed = new SmoothedLoss(param.getAverageLoss());
        }
        lossResumed = false;
        testStart = null;
        stopped = false;
        int shown = iteration;
        long start = System.nanoTime();
        while (iteration < stop) {
            net.clearParamDiffs();
            boolean tests = param.getTestInterval() > 0 && iteration % param.getTestInterval() == 0;
            if (tests && (iteration > 0 || param.getTestInitialization())) {
                runTests();
                if (stopped) {
                    return;
                }
            }
            listeners.forEach(listener -> listener.onStart(this));
            boolean display = displays();
            net.setDebugInfo(display && param.getDebugInfo());
            float loss = 0;
            for (int i = 0; i < param.getIterSize(); i++) {
                loss += net.forwardBackward();
            }
            loss /= param.getIterSize();
            if (checkFinite && !Float.isFinite(loss)) {
                throw new DataException("Iteration " + iteration + ": the loss is " + loss + ", so training stops before it spoils the "
                        + "weights; is base_lr too high, or a label or a value of the data wrong? debug_info: true shows where it comes from");
            }
            smoothed.add(loss);
            if (display) {
                long now = System.nanoTime();
                logTraining(iteration + 1 - shown, (now - start) / 1e9);
                start = now;
                shown = iteration + 1;
            }
            listeners.forEach(listener -> listener.onGradientsReady(this));
            applyUpdate();
            iteration++;
            float reported = loss;
            listeners.forEach(listener -> listener.onIteration(this, reported));
            if (param.getSnapshot() > 0 && iteration % param.getSnapshot() == 0) {
                snapshotRequested = false;
                snapshot();
            }
            if (poll()) {
                return;
            }
        }
    }

    private void logTraining(int iterations, double seconds) {
        double rate = iterations / Math.max(seconds, 1e-9);
        List<OutputValue> outputs = OutputValue.of(net);
        log.info("Iteration {} ({} iter/s, {}s/{} iters), loss = {}", iteration, LogNumbers.format(rate), LogNumbers.format(seconds),
                param.getDisplay(), LogNumbers.format(smoothed.value()));
        for (int i = 0; i < outputs.size(); i++) {
            log.info("    Train net output #{}: {}", i, outputs.get(i).text());
        }
        listeners.forEach(listener -> listener.onDisplay(this, smoothed.value(), outputs, rate));
    }

    /** Whether the present iteration is one of those that {@code display} shows. */
    protected final boolean displays() {
        return param.getDisplay() > 0 && iteration % param.getDisplay() == 0;
    }

    /** Tests all test nets with the present parameters. */
    public void testAll() {
        guard.run(this, () -> {
            stopped = false;
            runTests();
        });
    }

    private void runTests() {
        testStart = ResumePoint.capture(this);
        for (int i = 0; i < nets.tests().size() && !stopped; i++) {
            runTest(i);
        }
        if (!stopped) {
            testStart = null;
        }
    }

    /**
     * Tests one test net with the present parameters over its {@code test_iter} batches.
     *
     * @return the mean of every element of every output; empty if a stop was asked for meanwhile
     */
    public List<OutputValue> test(int index) {
        return guard.call(this, () -> {
            stopped = false;
            return runTest(index);
        });
    }

    private List<OutputValue> runTest(int index) {
        log.info("Iteration {}, Testing net (#{})", iteration, index);
        Net test = nets.tests().get(index);
        test.shareTrainedLayersWith(net);
        int batches = param.getTestIter(index);
        List<OutputValue> sums = List.of();
        float loss = 0;
        for (int batch = 0; batch < batches; batch++) {
            if (poll()) {
                log.info("Test interrupted.");
                return List.of();
            }
            loss += test.forward();
            List<OutputValue> values = OutputValue.of(test);
            sums = batch == 0 ? values : sum(sums, values, test.name());
            int done = batch + 1;
            listeners.forEach(listener -> listener.onTestBatch(this, index, done, batches));
        }
        if (param.getTestComputeLoss()) {
            log.info("Test loss: {}", LogNumbers.format(loss / batches));
        }
        List<OutputValue> means = sums.stream().map(v -> new OutputValue(v.name(), v.value() / batches, v.lossWeight())).toList();
        for (int i = 0; i < means.size(); i++) {
            log.info("    Test net output #{}: {}", i, means.get(i).text());
        }
        listeners.forEach(listener -> listener.onTest(this, index, means));
        return means;
    }

    private static List<OutputValue> sum(List<OutputValue> a, List<OutputValue> b, String net) {
        if (a.size() != b.size()) {
            throw new NetDefinitionException("The outputs of test net '" + net + "' change their size between batches, from " + a.size()
                    + " to " + b.size() + " elements, so they have no mean.");
        }
        List<OutputValue> sums = new ArrayList<>();
        for (int i = 0; i < a.size(); i++) {
            sums.add(new OutputValue(a.get(i).name(), a.get(i).value() + b.get(i).value(), a.get(i).lossWeight()));
        }
        return sums;
    }

    /** Does what was asked for from outside; returns whether to stop. */
    private boolean poll() {
        if (snapshotRequested) {
            snapshotRequested = false;
            snapshot();
        }
        if (stopRequested) {
            stopRequested = false;
            stopped = true;
        }
        return stopped;
    }

    /** Asks a running {@link #solve}, {@link #step} or test to end after the present iteration or batch. Any thread may call it. */
    public void requestStop() {
        stopRequested = true;
    }

    /** Asks for a snapshot after the present iteration or test batch. Any thread may call it. */
    public void requestSnapshot() {
        snapshotRequested = true;
    }

    /** Whether the last run ended because of {@link #requestStop}. */
    public boolean stoppedEarly() {
        return stopped;
    }

    /**
     * Writes the model and the solver state to {@code <snapshot_prefix>_iter_<iteration>}, each whole or not at all, and beside them a file
     * {@code .resume} that Caffe does not know, with data positions and random generators.
     *
     * @return the path of the solver state, for {@link #restore}
     */
    public Path snapshot() {
        return guard.call(this, () -> {
            Snapshots.Written files = snapshots.write(testStart == null ? ResumePoint.capture(this) : testStart);
            listeners.forEach(listener -> listener.onSnapshot(this, files.model(), files.state()));
            return files.state();
        });
    }

    /**
     * Goes on from a snapshot: iteration, parameters and history; and, if its {@code .resume} file is there and intact, with the data and
     * the random numbers that would have come next, so that on the CPU every number is that of a run without interruption.
     *
     * @throws ModelFormatException if the file is no solver state, or does not fit this solver
     * @throws DataException if the data are not those of the run
     */
    public void restore(Path state) {
        restore(state, true);
    }

    /** As {@link #restore(Path)}; without {@code exact} data and random numbers start anew, as in Caffe. */
    public void restore(Path state, boolean exact) {
        guard.run(this, () -> snapshots.restore(state, exact));
    }

    /** Whether training stops with a {@link DataException}, before the update, when the loss is infinite or not a number; off at first. */
    public final void setCheckFinite(boolean checkFinite) {
        this.checkFinite = checkFinite;
    }

    public final SolverParameter param() {
        return param;
    }

    public final Context context() {
        return context;
    }

    /** The net in training. */
    public final Net net() {
        return net;
    }

    public final List<Net> testNets() {
        return nets.tests();
    }

    /** Number of updates so far. */
    public final int iteration() {
        return iteration;
    }

    /** Position of the step and multistep learning rate policies, as snapshots hold it. */
    public final int currentStep() {
        return currentStep;
    }

    /** Mean of the last {@code average_loss} losses of the present run. */
    public final float smoothedLoss() {
        return smoothed.value();
    }

    final SmoothedLoss smoothed() {
        return smoothed;
    }

    /** Lets the next run go on with the losses of an earlier one. */
    final void resumeLoss(SmoothedLossState state) {
        smoothed = new SmoothedLoss(param.getAverageLoss());
        smoothed.restore(state);
        lossResumed = true;
    }

    final void setProgress(int newIteration, int newStep) {
        iteration = newIteration;
        currentStep = newStep;
    }

    /** Adds a listener; they are told in the order they were added. Any thread may call it. */
    public final void addListener(SolverListener listener) {
        listeners.add(listener);
    }

    public final void removeListener(SolverListener listener) {
        listeners.remove(listener);
    }

    /** Frees the nets and the history. Waits for a call that runs on another thread; later calls do nothing. */
    @Override
    public void close() {
        guard.close(() -> {
            history().forEach(Blob::close);
            nets.close();
        });
    }
}
