package org.caffe4j.solver;

import java.util.List;
import org.caffe4j.LearnableParam;
import org.caffe4j.Tensor;

/** How solvers that train together give each other their gradients. */
interface GradientExchange {
    /**
     * Puts the mean of the gradients over all ranks into every rank's gradients. Called by one thread while all ranks wait.
     *
     * @param ranks the parameters of each rank, in the same order
     */
    void average(List<List<LearnableParam>> ranks);

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
