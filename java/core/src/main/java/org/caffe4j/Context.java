package org.caffe4j;

import java.security.SecureRandom;
import org.caffe4j.natives.ContextHandle;
import org.caffe4j.natives.Native;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.helpers.NOPLogger;

/**
 * A device, a number of threads and a random generator: what blobs, layers and nets are made in. It is passed explicitly; nothing of it
 * belongs to a thread, so any thread may use a context, one at a time.
 *
 * <p>A context must be closed after everything that was made in it. The generator starts from system entropy; {@link #seed} makes runs
 * repeatable.
 */
public final class Context implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Context.class);

    private final Device device;
    private final NativeResource<ContextHandle> handle;
    private final int threads;
    private final MersenneTwister rng;
    private final CallGuard guard = new CallGuard("The context that this net was made in");
    private Rank rank = Rank.ALONE;
    private boolean cudnnWasNeeded;

    private Context(Device device, ContextHandle handle) {
        this.device = device;
        this.handle = new NativeResource<>(this, "Context", handle, Native::context_destroy);
        this.threads = Native.context_threads(handle);
        this.rng = new MersenneTwister(new SecureRandom().nextLong());
    }

    /** A context on the CPU that uses every processor. */
    public static Context cpu() {
        return cpu(0);
    }

    /**
     * A context on the CPU.
     *
     * @param threads how many threads operations use; 0 means every processor
     * @throws DeviceException if the native library cannot be loaded
     */
    public static Context cpu(int threads) {
        Natives.requireAvailable();
        return new Context(Device.cpu(), NativeErrors.call(() -> Native.context_create_cpu(threads)));
    }

    /**
     * A context on a CUDA device. Layers without code for a GPU run on the host, with every processor, and their values are copied over
     * and back.
     *
     * @param id number of the device, from 0
     * @throws DeviceException with the reason if there is no such device or it cannot be used
     */
    public static Context cuda(int id) {
        return on(Device.cuda(id), 0);
    }

    /**
     * A context on a device.
     *
     * @param threads how many threads of the host operations on the CPU use; 0 means every processor
     * @throws DeviceException with the reason if the device cannot be used
     */
    public static Context on(Device device, int threads) {
        if (device.kind() == Device.Kind.CPU) {
            return cpu(threads);
        }
        Natives.requireAvailable();
        Context context = new Context(device, NativeErrors.call(() -> Native.context_create_gpu(device.id(), threads)));
        context.logMissing("cuBLAS", Native.GPU_LIBRARY_CUBLAS, "own, slower kernels multiply matrices");
        return context;
    }

    /** For layers whose engine is cuDNN: opens it on this GPU; where it cannot be used the log says so, once. */
    public void needCudnn() {
        if (!cudnnWasNeeded) {
            cudnnWasNeeded = true;
            logMissing("cuDNN", Native.GPU_LIBRARY_CUDNN, "the CAFFE engine computes");
        }
    }

    private void logMissing(String name, int library, String instead) {
        String problem = NativeErrors.call(() -> Native.context_library_problem(handle(), library).getString());
        if (!problem.isEmpty()) {
            LOG.warn("{} is not used on GPU {}, {}: {}", name, device.id(), instead, problem);
        }
    }

    public Device device() {
        return device;
    }

    /** How many threads operations use. */
    public int threads() {
        return threads;
    }

    /** The generator that fillers, Dropout and data layers draw from, in the order in which they are made and run. */
    public MersenneTwister rng() {
        return rng;
    }

    /** Sets the generator, so that what is drawn from it from now on repeats with the same seed. */
    public void seed(long seed) {
        rng.seed(seed);
    }

    /** Which of several nets that train together those of this context are; {@link Rank#ALONE} at first. */
    public Rank rank() {
        return rank;
    }

    /** Sets the rank of the nets that are made in this context from now on. */
    public void setRank(Rank rank) {
        this.rank = rank;
    }

    /** A logger for what only the root of several nets that train together says: {@code logger} there, a silent one for the others. */
    public Logger rootLog(Logger logger) {
        return rank.isRoot() ? logger : NOPLogger.NOP_LOGGER;
    }

    /** Conversions between memory layouts since the context was made: 0 a step means that layouts travel freely between layers. */
    public long reorders() {
        return Native.context_reorders(handle());
    }

    /**
     * Copies of values between the host and a GPU: values move only when the other side reads them.
     *
     * @param toDevice copies to the GPU since the context was made
     * @param toHost copies from the GPU, numbers such as a loss among them
     */
    public record Transfers(long toDevice, long toHost) {}

    /** The copies done so far; none on the CPU. */
    public Transfers transfers() {
        return new Transfers(Native.context_transfers(handle(), false), Native.context_transfers(handle(), true));
    }

    /** Waits until everything that was started in this context is done: a GPU works on while the host goes ahead. */
    public void synchronize() {
        NativeErrors.run(() -> Native.context_synchronize(handle()));
    }

    /** Keeps nets of this context from running on two threads at the same time. */
    CallGuard guard() {
        return guard;
    }

    /** The native object; for the library's own layers. */
    public ContextHandle handle() {
        return handle.get();
    }

    @Override
    public void close() {
        handle.close();
    }
}
