package org.caffe4j.tools;

import java.nio.file.Path;
import java.util.List;
import org.caffe4j.Context;
import org.caffe4j.LogNumbers;
import org.caffe4j.Net;
import org.caffe4j.Phase;
import org.caffe4j.Timer;
import org.caffe4j.io.PrototxtReader;
import org.caffe4j.optimize.InferencePlan;
import org.caffe4j.optimize.PlanStep;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * {@code caffe time}: the mean wall time of each layer's forward and backward pass, after one pass to warm up. Every layer runs backward,
 * whether or not the net's loss needs it, as in Caffe; gradients of bottoms and parameters that need none are left out. With
 * {@code --optimize} the net is optimised and runs forward only, in phase TEST by default; times are then those of the plan's steps, which stand
 * for several layers each.
 */
@Command(description = {"Measures each layer's forward and backward time, in milliseconds;",
    "with --optimize the forward time of each step of the optimised net, in phase TEST by default."}, sortOptions = false)
final class TimeCommand extends BrewCommand {
    private static final Logger LOG = LoggerFactory.getLogger(TimeCommand.class);
    private static final double NANOS = 1e6;

    @Mixin
    private OptimizeFlags optimization;

    @Override
    List<String> ignoredFlags() {
        return List.of("--solver", "--snapshot", "--sigint_effect", "--sighup_effect");
    }

    @Override
    public Integer call() {
        Path file = Path.of(require(model, "time", "model", "deploy.prototxt"));
        boolean optimize = optimization.wanted(gpu);
        requirePositive(iterations, "iterations");
        Phase wanted = Flags.phase(phase, optimize ? Phase.TEST : Phase.TRAIN);
        try (Context context = Devices.open(gpu, threads.count());
                Net net = new Net(state.in(PrototxtReader.readNet(file), wanted), context)) {
            Flags.load(net, weights);
            if (optimize) {
                optimization.optimize(net);
            }
            LOG.info("Performing Forward");
            LOG.info("Initial loss: {}", LogNumbers.format(net.forward()));
            if (optimize) {
                measureSteps(net, context);
                return 0;
            }
            LOG.info("Performing Backward");
            for (int i = net.layers().size() - 1; i >= 0; i--) {
                net.backwardLayer(i);
            }
            measure(net, context);
        }
        return 0;
    }

    private void measure(Net net, Context context) {
        int layers = net.layers().size();
        double[] forward = new double[layers];
        double[] backward = new double[layers];
        LOG.info("*** Benchmark begins ***");
        LOG.info("Testing for {} iterations.", iterations);
        double forwardTotal = 0;
        double backwardTotal = 0;
        double total;
        try (Progress progress = progress(iterations);
                Timer all = new Timer(context);
                Timer iteration = new Timer(context);
                Timer pass = new Timer(context);
                Timer layer = new Timer(context)) {
            all.start();
            for (int n = 1; n <= iterations; n++) {
                iteration.start();
                pass.start();
                for (int i = 0; i < layers; i++) {
                    layer.start();
                    net.forward(i, i);
                    forward[i] += layer.milliseconds();
                }
                forwardTotal += pass.milliseconds();
                pass.start();
                for (int i = layers - 1; i >= 0; i--) {
                    layer.start();
                    net.backwardLayer(i);
                    backward[i] += layer.milliseconds();
                }
                backwardTotal += pass.milliseconds();
                LOG.info("Iteration: {} forward-backward time: {} ms.", n, LogNumbers.format(iteration.milliseconds()));
                progress.update(n, "");
            }
            total = all.milliseconds();
        }
        LOG.info("Average time per layer: ");
        List<String> names = net.layerNames();
        for (int i = 0; i < layers; i++) {
            String name = padded(names.get(i));
            LOG.info("{}\tforward: {} ms.", name, mean(forward[i]));
            LOG.info("{}\tbackward: {} ms.", name, mean(backward[i]));
        }
        LOG.info("Average Forward pass: {} ms.", mean(forwardTotal));
        LOG.info("Average Backward pass: {} ms.", mean(backwardTotal));
        LOG.info("Average Forward-Backward: {} ms.", mean(total));
        LOG.info("Total Time: {} ms.", LogNumbers.format(total));
        LOG.info("*** Benchmark ends ***");
    }

    /** Whole passes first, undisturbed; then as many again, step by step. */
    private void measureSteps(Net net, Context context) {
        LOG.info("*** Benchmark begins ***");
        LOG.info("Testing for {} iterations.", iterations);
        double total;
        List<PlanStep> steps = List.of();
        double[] forward = null;
        try (Progress progress = progress(2L * iterations); Timer all = new Timer(context); Timer iteration = new Timer(context)) {
            all.start();
            for (int n = 1; n <= iterations; n++) {
                iteration.start();
                net.forward();
                LOG.info("Iteration: {} forward time: {} ms.", n, LogNumbers.format(iteration.milliseconds()));
                progress.update(n, "");
            }
            total = all.milliseconds();
            for (int n = 1; n <= iterations; n++) {
                steps = net.timedForward();
                forward = forward == null ? new double[steps.size()] : forward;
                for (int i = 0; i < forward.length; i++) {
                    forward[i] += steps.get(i).nanos() / NANOS;
                }
                progress.update(iterations + n, "");
            }
        }
        LOG.info("Average time per step: ");
        for (int i = 0; i < steps.size(); i++) {
            LOG.info("{}\tforward: {} ms. ({})", padded(steps.get(i).layer()), mean(forward[i]), steps.get(i).kernel());
        }
        InferencePlan plan = net.plan();
        LOG.info("Memory: {} bytes for values between layers, {} for weights; {} layout conversions a pass.", plan.activationBytes(),
                plan.weightBytes(), plan.reorders());
        LOG.info("Average Forward pass: {} ms.", mean(total));
        LOG.info("Total Time: {} ms.", LogNumbers.format(total));
        LOG.info("*** Benchmark ends ***");
    }

    private static Progress progress(long passes) {
        return Progress.of("Timing", "passes", passes, false);
    }

    private static String padded(String name) {
        return " ".repeat(Math.max(0, 10 - name.length())) + name;
    }

    private String mean(double milliseconds) {
        return LogNumbers.format(milliseconds / iterations);
    }
}
