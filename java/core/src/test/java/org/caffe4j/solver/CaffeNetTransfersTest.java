package org.caffe4j.solver;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import org.caffe4j.Context;
import org.caffe4j.TestDevice;
import org.caffe4j.io.PrototxtReader;
import org.caffe4j.proto.BlobProto;
import org.caffe4j.proto.BlobShape;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.NetParameter;
import org.caffe4j.proto.SolverParameter;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What crosses between the host and a GPU while CaffeNet trains: the net and the solver of {@code examples/models/caffenet}, over a few images. */
class CaffeNetTransfersTest {
    private static final Path EXAMPLES = Path.of("../..");
    private static final int STEPS = 2;
    private static final int RECORDS = 5;
    private static final int BATCH = 2;
    /** As in ImageNet's database; CaffeNet crops 227 x 227 from it. */
    private static final int SIDE = 256;

    @TempDir
    Path folder;

    private Path mean() throws IOException {
        BlobProto mean = BlobProto.newBuilder().setShape(BlobShape.newBuilder().addDim(1).addDim(3).addDim(SIDE).addDim(SIDE))
                .addAllData(Collections.nCopies(3 * SIDE * SIDE, 127.5f)).build();
        return Files.write(folder.resolve("mean.binaryproto"), mean.toByteArray());
    }

    /** CaffeNet's solver, but for the images, the size of a batch, and that each step displays its loss. */
    private SolverParameter solver() throws IOException {
        SolverParameter.Builder solver = PrototxtReader.readSolver(EXAMPLES.resolve("examples/models/caffenet/solver.prototxt")).toBuilder();
        NetParameter.Builder net = PrototxtReader.readNet(EXAMPLES.resolve(solver.getNet())).toBuilder();
        String images = RandomImages.write(folder, RECORDS, SIDE, 1000).toString();
        String mean = mean().toString();
        for (LayerParameter.Builder layer : net.getLayerBuilderList()) {
            if (layer.getType().equals("Data")) {
                layer.getTransformParamBuilder().setMeanFile(mean);
                layer.getDataParamBuilder().setSource(images).setBatchSize(BATCH);
            }
        }
        return solver.clearNet().setNetParam(net).setTestInitialization(false).clearSnapshot().setDisplay(1).setRandomSeed(1).build();
    }

    @Test
    void aStepOfCaffeNetCopiesItsBatchAndTheDisplayedLoss() throws IOException {
        Assumptions.assumeTrue(TestDevice.isGpu(), "the device under test is the CPU");
        try (Context context = TestDevice.context(2); Solver solver = SolverFactory.create(solver(), context)) {
            solver.step(1); // brings the weights over
            Context.Transfers before = context.transfers();
            solver.step(STEPS);
            Context.Transfers after = context.transfers();
            assertEquals(2 * STEPS, after.toDevice() - before.toDevice(), "copies to the GPU: a batch's images and its labels");
            assertEquals(STEPS, after.toHost() - before.toHost(), "copies from the GPU: one loss a step");
        }
    }
}
