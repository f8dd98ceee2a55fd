package org.caffe4j.solver;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.LearnableParam;
import org.caffe4j.Net;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.Rank;
import org.caffe4j.layer.Layer;
import org.caffe4j.proto.SolverParameter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Synchronous data-parallel training: one solver a context, each with the whole batch size of its net on its own share of the data. After
 * every backward pass the gradients are averaged over the ranks, then each rank makes the same update; so the effective batch is the net's
 * times the number of ranks, and the learning rate is taken as it stands. Weights are those of the root at the start.
 *
 * <p>The root, rank 0, tests, logs and writes snapshots; drive it as any solver, or through {@link #solve}. The other ranks run on threads of
 * their own. {@code random_seed} is raised by the rank. As in Caffe, layers' own statistics (BatchNorm) stay apart and the root's are saved,
 * and a resumed run begins its data anew. The contexts are the caller's. Gradients go from GPU to GPU through NCCL where each context is on one
 * of its own and NCCL can be opened, else through host memory. Source: Caffe's NCCL.
 */
public final class ParallelTraining implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ParallelTraining.class);

    /** A rank beside the root. */
    private record Worker(Solver solver, ExecutorService thread) {
    }

    private final Solver root;
    private final List<Worker> workers = new ArrayList<>();
    private final List<Future<?>> running = new ArrayList<>();
    private final GradientExchange exchange;
    private final Rendezvous gradientsReady;

    /**
     * Makes a solver in each context; the contexts get their ranks in the order of the list.
     *
     * @throws NetDefinitionException as {@link SolverFactory#create}, and for {@code layer_wise_reduce} (the default) with shared weights
     * @throws org.caffe4j.DeviceException if NCCL is here but cannot start
     */
    public ParallelTraining(SolverParameter param, List<Context> contexts) {
        for (int i = 0; i < contexts.size(); i++) {
            contexts.get(i).setRank(new Rank(i, contexts.size()));
        }
        root = SolverFactory.create(param, contexts.get(0));
        try {
            if (contexts.size() > 1) {
                refuseSharedWeights();
            }
            for (Context context : contexts.subList(1, contexts.size())) {
                Solver solver = SolverFactory.create(withoutRootsDuties(param), context);
                String name = "rank " + context.rank().index();
                workers.add(new Worker(solver, Executors.newSingleThreadExecutor(work -> {
                    Thread thread = new Thread(work, name);
                    thread.setDaemon(true);
                    return thread;
                })));
            }
            exchange = GradientExchange.between(contexts);
        } catch (RuntimeException | Error e) {
            closeSolvers();
            throw e;
        }
        List<List<LearnableParam>> params = new ArrayList<>(List.of(root.net().learnableParams()));
        workers.forEach(worker -> params.add(worker.solver.net().learnableParams()));
        gradientsReady = new Rendezvous(contexts.size(), () -> exchange.average(params));
        root.addListener(new RootListener());
        workers.forEach(worker -> worker.solver.addListener(new SolverListener() {
            @Override
            public void onGradientsReady(Solver solver) {
                gradientsReady.await();
            }
        }));
        broadcast();
    }

    /** The solver of rank 0, owned by this object. */
    public Solver root() {
        return root;
    }

    /** As {@link Solver#setCheckFinite}, for every rank. */
    public void setCheckFinite(boolean checkFinite) {
        root.setCheckFinite(checkFinite);
        workers.forEach(worker -> worker.solver.setCheckFinite(checkFinite));
    }

    /** Trains to {@code max_iter}, as {@link Solver#solve}. */
    public void solve() {
        root.solve();
    }

    /**
     * Resumes every rank from a snapshot.
     *
     * @param exact as {@link Solver#restore(Path, boolean)}; with more than one rank data and random numbers start anew in any case
     */
    public void restore(Path state, boolean exact) {
        root.restore(state, exact && workers.isEmpty());
        workers.forEach(worker -> worker.solver.restore(state, false));
        broadcast();
    }

    private static SolverParameter withoutRootsDuties(SolverParameter param) {
        return param.toBuilder().clearTestNet().clearTestNetParam().clearTestIter().clearTestState().clearTestInterval().clearDisplay()
                .clearSnapshot().setSnapshotAfterTrain(false).clearDebugInfo().build();
    }

    private void refuseSharedWeights() {
        Net net = root.net();
        for (int i = 0; root.param().getLayerWiseReduce() && i < net.layers().size(); i++) {
            for (int j = 0; j < net.layers().get(i).blobs().size(); j++) {
                if (!net.ownsParam(i, j)) {
                    throw new NetDefinitionException("Layer-wise reduce is not supported for nets with shared weights: layer '"
                            + net.layerNames().get(i) + "' shares its parameter " + j + ". Set layer_wise_reduce: false in the solver.");
                }
            }
        }
    }

    /** Gives every rank the root's values, statistics included. */
    private void broadcast() {
        List<Layer> layers = root.net().layers();
        for (Worker worker : workers) {
            for (int i = 0; i < layers.size(); i++) {
                List<Blob> from = layers.get(i).blobs();
                List<Blob> to = worker.solver.net().layers().get(i).blobs();
                for (int j = 0; j < from.size(); j++) {
                    to.get(j).data().copyFrom(from.get(j).data());
                }
            }
        }
    }

    /** Lets the other ranks go through the same iteration as the root. */
    private final class RootListener implements SolverListener {
        @Override
        public void onStart(Solver solver) {
            abandon();
            for (Worker worker : workers) {
                running.add(worker.thread.submit(() -> {
                    try {
                        worker.solver.step(1);
                    } catch (RuntimeException | Error e) {
                        gradientsReady.breakOff();
                        throw e;
                    }
                }));
            }
        }

        @Override
        public void onGradientsReady(Solver solver) {
            try {
                gradientsReady.await();
            } catch (CancellationException e) {
                join();
                throw e;
            }
        }

        @Override
        public void onIteration(Solver solver, float loss) {
            join();
        }
    }

    /** Waits until the other ranks have ended their iteration; throws what the first that failed threw. */
    private void join() {
        RuntimeException failure = null;
        for (Future<?> iteration : running) {
            try {
                iteration.get();
            } catch (ExecutionException e) {
                if (e.getCause() instanceof Error error) {
                    throw error;
                }
                if (failure == null && !(e.getCause() instanceof CancellationException)) {
                    failure = (RuntimeException) e.getCause();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new CancellationException("interrupted while waiting for the other ranks");
            }
        }
        running.clear();
        if (failure != null) {
            throw failure;
        }
    }

    /** Ends an iteration that the root left by an exception. */
    private void abandon() {
        if (running.isEmpty()) {
            return;
        }
        gradientsReady.breakOff();
        try {
            join();
        } catch (RuntimeException e) {
            LOG.warn("{}", e.getMessage());
        }
        running.clear();
        gradientsReady.mend();
    }

    /** Waits for running calls, then frees the solvers. */
    @Override
    public void close() {
        abandon();
        workers.forEach(worker -> worker.thread.shutdown());
        exchange.close();
        closeSolvers();
    }

    private void closeSolvers() {
        workers.forEach(worker -> worker.solver.close());
        root.close();
    }
}
