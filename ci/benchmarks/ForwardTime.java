import java.nio.file.Path;
import org.caffe4j.Context;
import org.caffe4j.Net;
import org.caffe4j.Phase;

/** Prints the time of one forward pass of a net in microseconds: the best mean of several runs. Argument: a prototxt with its own inputs. */
class ForwardTime {
    private static final int RUNS = 20;
    private static final int PASSES = 500;

    public static void main(String[] args) {
        double best = Double.MAX_VALUE;
        try (Context context = Context.cpu(); Net net = Net.open(Path.of(args[0]), Phase.TEST, context)) {
            for (int run = 0; run < RUNS; run++) {
                long start = System.nanoTime();
                for (int pass = 0; pass < PASSES; pass++) {
                    net.forward();
                }
                best = Math.min(best, (System.nanoTime() - start) / 1e3 / PASSES);
            }
        }
        System.out.printf("%.1f%n", best);
    }
}
