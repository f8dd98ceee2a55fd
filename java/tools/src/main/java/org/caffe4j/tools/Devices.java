package org.caffe4j.tools;

import java.util.ArrayList;
import java.util.List;
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
        if (threads < 0) {
            throw new UsageException("illegal value '" + threads + "' specified for flag 'threads': expected 0 (all) or more");
        }
        if (ids.isEmpty()) {
            LOG.info("Use CPU.");
            return Context.cpu(threads);
        }
        if (ids.size() > 1) {
            throw new DeviceException("--gpu=" + gpu + " asks for " + ids.size() + " GPUs, but this version computes on one; name one of them");
        }
        LOG.info("Using GPUs {}", ids.get(0));
        LOG.info("GPU {}: {}", ids.get(0), name(ids.get(0)));
        return Context.on(Device.cuda(ids.get(0)), threads);
    }

    /** A device's name, out of its properties. */
    private static String name(int id) {
        return Device.cudaProperties(id).lines()
                .filter(line -> line.startsWith("Name:"))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst()
                .orElse("");
    }

    /** The context for training: {@code --gpu} counts most, then a {@code solver_mode} that the solver file sets itself, else the CPU. */
    static Context open(String gpu, int threads, SolverParameter solver, String file) {
        boolean wantsGpu = gpu.isEmpty() && solver.hasSolverMode() && solver.getSolverMode() == SolverParameter.SolverMode.GPU;
        if (wantsGpu && Device.cudaCount() == 0) {
            throw new DeviceException(file + ": solver_mode is GPU, but no GPU can be used: " + Device.cudaUnavailabilityCause()
                    + "; write solver_mode: CPU to train on the CPU");
        }
        return open(wantsGpu ? Integer.toString(solver.getDeviceId()) : gpu, threads);
    }
}
