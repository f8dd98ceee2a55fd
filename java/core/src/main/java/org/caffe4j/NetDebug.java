package org.caffe4j;

import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The lines of {@code debug_info}: mean absolute values of each layer's data and gradients, and the norms of all parameters. */
final class NetDebug {
    private static final Logger LOG = LoggerFactory.getLogger(Net.class);

    private final List<String> blobNames;
    private final List<NetParams.Entry> params;
    private final List<LearnableParam> learnable;

    NetDebug(List<String> blobNames, List<NetParams.Entry> params, List<LearnableParam> learnable) {
        this.blobNames = blobNames;
        this.params = params;
        this.learnable = learnable;
    }

    void forward(NetLayer layer) {
        for (int i = 0; i < layer.tops.size(); i++) {
            LOG.info("    [Forward] Layer {}, top blob {} data: {}", layer.name(), blobNames.get(layer.topIds.get(i)),
                    mean(layer.tops.get(i).data()));
        }
        for (int id : layer.paramIds) {
            LOG.info("    [Forward] Layer {}, param blob {} data: {}", layer.name(), params.get(id).displayName(),
                    mean(params.get(id).blob().data()));
        }
    }

    void backward(NetLayer layer) {
        for (int i = 0; i < layer.bottoms.size(); i++) {
            if (layer.propagateDown[i]) {
                LOG.info("    [Backward] Layer {}, bottom blob {} diff: {}", layer.name(), blobNames.get(layer.bottomIds.get(i)),
                        mean(layer.bottoms.get(i).diff()));
            }
        }
        for (int i = 0; i < layer.paramIds.size(); i++) {
            if (layer.layer.paramPropagateDown(i)) {
                LOG.info("    [Backward] Layer {}, param blob {} diff: {}", layer.name(), i,
                        mean(params.get(layer.paramIds.get(i)).blob().diff()));
            }
        }
    }

    void norms() {
        double asumData = 0;
        double asumDiff = 0;
        double sumsqData = 0;
        double sumsqDiff = 0;
        for (LearnableParam param : learnable) {
            asumData += param.blob().data().asum();
            asumDiff += param.blob().diff().asum();
            sumsqData += param.blob().data().sumsq();
            sumsqDiff += param.blob().diff().sumsq();
        }
        LOG.error("    [Backward] All net params (data, diff): L1 norm = ({}, {}); L2 norm = ({}, {})", LogNumbers.format(asumData),
                LogNumbers.format(asumDiff), LogNumbers.format(Math.sqrt(sumsqData)), LogNumbers.format(Math.sqrt(sumsqDiff)));
    }

    private static String mean(Tensor tensor) {
        return LogNumbers.format(tensor.asum() / tensor.count());
    }
}
