package org.caffe4j;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.Function;
import org.caffe4j.optimize.OptimizeOptions;

/**
 * Replicas of one net for concurrent callers, made for throughput: each is optimised, computes on one thread, the caller's, or on a GPU,
 * and uses the same weights as the others, which exist once. A caller borrows a replica for a call; when all are lent it waits.
 *
 * <pre>{@code
 * try (NetPool pool = NetPool.open(Path.of("deploy.prototxt"), Path.of("net.caffemodel"), 4)) {
 *     float[] probabilities = pool.call(net -> {
 *         net.inputs().get(0).data().set(image);
 *         net.forward();
 *         return net.outputs().get(0).data().toArray();
 *     });
 * }
 * }</pre>
 *
 * <p>Any thread may use a pool. The pool owns its nets and contexts.
 */
public final class NetPool implements AutoCloseable {
    private final List<Net> nets = new ArrayList<>();
    private final List<Context> contexts = new ArrayList<>();
    private final BlockingQueue<Net> idle;
    private final Device device;
    private volatile boolean closed;

    private NetPool(int replicas, Device device) {
        if (replicas < 1) {
            throw new IllegalArgumentException("a pool needs at least 1 replica, not " + replicas);
        }
        idle = new ArrayBlockingQueue<>(replicas);
        this.device = device;
    }

    /** As {@link #open(Path, Path, int, OptimizeOptions)} with the default options. */
    public static NetPool open(Path definition, Path weights, int replicas) {
        return open(definition, weights, replicas, OptimizeOptions.defaults());
    }

    /** As {@link #open(Path, Path, int, OptimizeOptions, Device)} on the CPU. */
    public static NetPool open(Path definition, Path weights, int replicas, OptimizeOptions options) {
        return open(definition, weights, replicas, options, Device.cpu());
    }

    /**
     * Opens a net in phase TEST and makes its replicas, on a GPU each with a queue of work of its own.
     *
     * @param weights a {@code .caffemodel} or {@code .caffemodel.h5}
     * @param replicas how many calls may run at the same time; the number of processors makes sense
     * @param device where they compute
     * @throws NetDefinitionException if the definition is wrong
     * @throws ModelFormatException if the weights cannot be read, or a layer gets none
     * @throws DeviceException if the device cannot be used
     */
    public static NetPool open(Path definition, Path weights, int replicas, OptimizeOptions options, Device device) {
        NetPool pool = new NetPool(replicas, device);
        try {
            Net first = Net.open(definition, Phase.TEST, pool.context());
            pool.nets.add(first);
            first.copyTrainedLayersFrom(weights).requireComplete(weights, definition, "");
            first.optimize(options);
            while (pool.nets.size() < replicas) {
                pool.nets.add(first.replica(pool.context(), options));
            }
        } catch (RuntimeException | Error e) {
            pool.free();
            throw e;
        }
        pool.idle.addAll(pool.nets);
        return pool;
    }

    private Context context() {
        Context context = Context.on(device, 1);
        contexts.add(context);
        return context;
    }

    /** How many calls may run at the same time. */
    public int size() {
        return nets.size();
    }

    /**
     * Lends a replica to {@code use} and returns what that returns. The net must not be used afterwards, nor closed; buffers of its blobs
     * hold the values until the next call only, so copy what is to be kept.
     *
     * @throws InterruptedException if the thread is interrupted while all replicas are lent
     * @throws IllegalStateException after {@link #close}
     */
    public <T> T call(Function<Net, T> use) throws InterruptedException {
        requireOpen();
        Net net = idle.take();
        try {
            requireOpen();
            return use.apply(net);
        } finally {
            idle.add(net);
        }
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("NetPool is closed.");
        }
    }

    /** Waits for running calls and frees the replicas; later calls do nothing. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        boolean interrupted = false;
        for (int waiting = nets.size(); waiting > 0;) {
            try {
                idle.take();
                waiting--;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        free();
        // Callers that waited for a replica when the pool was closed get one back to find that out.
        idle.addAll(nets);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void free() {
        nets.forEach(Net::close);
        contexts.forEach(Context::close);
    }
}
