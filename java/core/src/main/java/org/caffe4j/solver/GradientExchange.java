package org.caffe4j.solver;

import java.util.List;
import org.caffe4j.Context;
import org.caffe4j.Device;
import org.caffe4j.LearnableParam;
import org.caffe4j.Tensor;
import org.slf4j.LoggerFactory;

/** How solvers that train together give each other their gradients. */
interface GradientExchange extends AutoCloseable {
    /**
     * Puts the mean of the gradients over all ranks into every rank's gradients. Called by one thread while all ranks wait.
     *
     * @param ranks the parameters of each rank, in the same order
     */
    void average(List<List<LearnableParam>> ranks);

    @Override
    default void close() {}

    /**
     * The best for these contexts, in the order of the ranks: NCCL where each is on a GPU of its own, else through host memory.
     *
     * @throws org.caffe4j.DeviceException if NCCL is here but cannot start
     */
    static GradientExchange between(List<Context> contexts) {
        long gpus = contexts.stream().map(Context::device).filter(device -> device.kind() == Device.Kind.CUDA).distinct().count();
        if (gpus < 2 || gpus < contexts.size()) {
            return IN_MEMORY;
        }
        String cause = NcclExchange.unavailabilityCause();
        if (cause.isEmpty()) {
            return new NcclExchange(contexts);
        }
        LoggerFactory.getLogger(GradientExchange.class).warn("NCCL is not here ({}): gradients are averaged through host memory", cause);
        return IN_MEMORY;
    }

    /** Through host memory, of ranks in one process. Sums in the order of the ranks, so that runs repeat bit by bit. */
    GradientExchange IN_MEMORY = ranks -> {
        List<LearnableParam> root = ranks.get(0);
        for (int i = 0; i < root.size(); i++) {
            Tensor mean = root.get(i).blob().diff();
            for (List<LearnableParam> rank : ranks.subList(1, ranks.size())) {
                mean.axpy(1, rank.get(i).blob().diff());
            }
            mean.scale(1f / ranks.size());
            for (List<LearnableParam> rank : ranks.subList(1, ranks.size())) {
                rank.get(i).blob().diff().copyFrom(mean);
            }
        }
    };
}
