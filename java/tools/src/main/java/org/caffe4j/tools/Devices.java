package org.caffe4j.tools;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.caffe4j.Context;
import org.caffe4j.Device;
import org.caffe4j.DeviceException;
import org.caffe4j.proto.SolverParameter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where a command computes: what {@code --gpu} and a solver's {@code solver_mode} ask for. */
final class Devices {
    private static final Logger LOG = LoggerFactory.getLogger(Devices.class);

    private Devices() {}

    /**
     * The devices that a {@code --gpu} flag names: none for the empty one, every one for {@code all}.
     *
     * @throws UsageException if it is neither a list of numbers nor {@code all}
     * @throws DeviceException if a named device is not there
     */
    static List<Integer> ids(String gpu) {
        if (gpu.isEmpty()) {
            return List.of();
        }
        int count = Device.cudaCount();
        if (count == 0) {
            throw new DeviceException("--gpu=" + gpu + " asks for a GPU, but none can be used: " + Device.cudaUnavailabilityCause()
                    + "; leave --gpu out to compute on the CPU");
        }
        if (gpu.equals("all")) {
            return IntStream.range(0, count).boxed().toList();
        }
        List<Integer> ids = new ArrayList<>();
        for (String part : gpu.split(",")) {
            try {
                ids.add(Integer.parseUnsignedInt(part.strip()));
            } catch (NumberFormatException e) {
                throw new UsageException("illegal value '" + gpu + "' specified for flag 'gpu': expected numbers separated by ',' or all");
            }
        }
        for (int id : ids) {
            if (id >= count) {
                throw new DeviceException("--gpu=" + gpu + " asks for GPU " + id + ", but this machine has " + count
                        + ", numbered from 0; caffe device_query --gpu=all lists them");
            }
        }
        return ids;
    }

    /**
     * The context that a command runs in; the caller closes it.
     *
     * @param gpu the {@code --gpu} flag
     * @param threads threads of the CPU; 0 for all
     */
    static Context open(String gpu, int threads) {
        List<Integer> ids = ids(gpu);
        if (ids.isEmpty()) {
            LOG.info("Use CPU.");
            return Context.cpu(threads);
        }
        if (ids.size() > 1) {
            throw new UsageException("--gpu=" + gpu + " asks for " + ids.size() + " GPUs, but only caffe train computes on several; name one");
        }
        return onGpus(ids, threads).get(0);
    }

    private static List<Context> onGpus(List<Integer> ids, int threads) {
        LOG.info("Using GPUs {}", ids.stream().map(String::valueOf).collect(Collectors.joining(", ")));
        List<Context> contexts = new ArrayList<>();
        try {
            for (int id : ids) {
                LOG.info("GPU {}: {}", id, name(id));
                contexts.add(Context.on(Device.cuda(id), threads));
            }
        } catch (RuntimeException | Error e) {
            contexts.forEach(Context::close);
            throw e;
        }
        return contexts;
    }

    /** A device's name, out of its properties. */
    private static String name(int id) {
        return Device.cudaProperties(id).lines()
                .filter(line -> line.startsWith("Name:"))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst()
                .orElse("");
    }

    /**
     * The contexts for training, one for each rank: {@code --gpu} counts most, then a {@code solver_mode} that the solver file sets itself,
     * else the CPU. The caller closes them.
     *
     * @param replicas ranks on the CPU, which share its threads
     */
    static List<Context> open(String gpu, int threads, int replicas, SolverParameter solver, String file) {
        boolean wantsGpu = gpu.isEmpty() && solver.hasSolverMode() && solver.getSolverMode() == SolverParameter.SolverMode.GPU;
        if (wantsGpu && Device.cudaCount() == 0) {
            throw new DeviceException(file + ": solver_mode is GPU, but no GPU can be used: " + Device.cudaUnavailabilityCause()
                    + "; write solver_mode: CPU to train on the CPU");
        }
        if (replicas < 1) {
            throw new UsageException("illegal value '" + replicas + "' specified for flag 'replicas': expected 1 or more");
        }
        String named = wantsGpu ? Integer.toString(solver.getDeviceId()) : gpu;
        List<Integer> ids = ids(named);
        if (replicas == 1 && ids.size() < 2) {
            return List.of(open(named, threads));
        }
        if (replicas > 1 && !ids.isEmpty()) {
            throw new UsageException("--replicas is for training on the CPU; on GPUs there is one replica for each that --gpu names");
        }
        if (ids.size() > 1) {
            return onGpus(ids, threads);
        }
        LOG.info("Use CPU.");
        int all = threads > 0 ? threads : Runtime.getRuntime().availableProcessors();
        return IntStream.range(0, replicas).mapToObj(i -> Context.cpu(Math.max(1, all / replicas))).toList();
    }
}
