package org.caffe4j.tools;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.caffe4j.Context;
import org.caffe4j.LogNumbers;
import org.caffe4j.Net;
import org.caffe4j.Phase;
import org.caffe4j.io.PrototxtReader;
import org.caffe4j.solver.OutputValue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code caffe test}: runs a net in phase TEST over some batches and prints its outputs, each batch's and their means. */
@Command(description = "Scores a net: runs it in phase TEST and prints its outputs, each batch's and their means.", sortOptions = false)
final class TestCommand extends BrewCommand {
    private static final Logger LOG = LoggerFactory.getLogger(TestCommand.class);

    @Mixin
    private OptimizeFlags optimization;

    @Override
    List<String> ignoredFlags() {
        return List.of("--solver", "--phase", "--snapshot", "--sigint_effect", "--sighup_effect");
    }

    @Override
    public Integer call() {
        Path file = Path.of(require(model, "test", "model", "train_val.prototxt"));
        require(weights, "test", "weights", "net.caffemodel");
        requirePositive(iterations, "iterations");
        boolean optimize = optimization.wanted(gpu);
        try (Context context = Devices.open(gpu, threads.count());
                Net net = new Net(state.in(PrototxtReader.readNet(file), Phase.TEST), context)) {
            Flags.load(net, weights);
            if (optimize) {
                optimization.optimize(net);
            }
            LOG.info("Running for {} iterations.", iterations);
            score(net);
        }
        return 0;
    }

    private void score(Net net) {
        List<OutputValue> outputs = List.of();
        double[] sums = {};
        double loss = 0;
        try (Progress progress = Progress.of("Testing", "batches", iterations, false)) {
            for (int batch = 0; batch < iterations; batch++) {
                loss += net.forward();
                outputs = OutputValue.of(net);
                sums = Arrays.copyOf(sums, outputs.size());
                for (int i = 0; i < sums.length; i++) {
                    LOG.info("Batch {}, {} = {}", batch, outputs.get(i).name(), LogNumbers.format(outputs.get(i).value()));
                    sums[i] += outputs.get(i).value();
                }
                progress.update(batch + 1, "");
            }
        }
        LOG.info("Loss: {}", LogNumbers.format((float) (loss / iterations)));
        for (int i = 0; i < sums.length; i++) {
            LOG.info(new OutputValue(outputs.get(i).name(), (float) (sums[i] / iterations), outputs.get(i).lossWeight()).text());
        }
    }
}
