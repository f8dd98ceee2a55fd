package org.caffe4j.bench;

import java.nio.file.Path;
import org.caffe4j.graph.NetUpgrade;
import org.caffe4j.io.PrototxtReader;
import org.caffe4j.proto.DummyDataParameter;
import org.caffe4j.proto.FillerParameter;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.NetParameter;
import org.caffe4j.proto.SolverParameter;

/** A train_val net made ready to be timed: without data to read, auxiliary losses (layers named loss1/ and loss2/) and accuracies. */
final class TrainingNet {
    private TrainingNet() {}

    /** SGD with momentum and weight decay over the net of a file, whose first blob is to be filled with images once. */
    static SolverParameter solver(Path trainVal, int batch) {
        NetParameter net = withImages(NetUpgrade.upgrade(PrototxtReader.readNet(trainVal), trainVal.toString()), batch);
        return SolverParameter.newBuilder().setNetParam(net).setBaseLr(1e-4f).setMomentum(0.9f).setWeightDecay(5e-4f).setLrPolicy("fixed")
                .setMaxIter(Integer.MAX_VALUE).setSnapshotAfterTrain(false).setRandomSeed(1).build();
    }

    /** The training net with constant tops in place of its data. */
    private static NetParameter withImages(NetParameter net, int batch) {
        NetParameter.Builder result = net.toBuilder().clearLayer();
        long size = 0;
        for (LayerParameter layer : net.getLayerList()) {
            boolean data = layer.getType().equals("Data");
            if (data && size == 0) {
                size = layer.getTransformParam().getCropSize();
                DummyDataParameter.Builder dummy = DummyDataParameter.newBuilder()
                        .addDataFiller(FillerParameter.newBuilder().setType("constant"));
                dummy.addShapeBuilder().addDim(batch).addDim(3).addDim(size).addDim(size);
                dummy.addShapeBuilder().addDim(batch);
                result.addLayer(LayerParameter.newBuilder().setName("data").setType("DummyData").addAllTop(layer.getTopList())
                        .setDummyDataParam(dummy));
            } else if (!data && !layer.getType().equals("Accuracy") && !layer.getName().matches("loss[12]/.*")) {
                result.addLayer(layer);
            }
        }
        return result.build();
    }
}
