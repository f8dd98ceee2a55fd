package org.caffe4j.bench;

import org.caffe4j.Blob;
import org.caffe4j.Net;
import org.caffe4j.layer.Layer;

/**
 * What one forward pass has to do at least.
 *
 * @param gflop floating-point operations of convolutions and inner products, in 10^9; a multiply-add is two
 * @param fcBytes bytes of inner-product weights, each read once a pass
 * @param fcGflop the part of {@code gflop} that is inner products
 */
record NetCost(double gflop, double fcGflop, long fcBytes) {

    static NetCost of(Net net) {
        net.reshape();
        NetCost sum = new NetCost(0, 0, 0);
        for (int i = 0; i < net.layers().size(); i++) {
            NetCost own = of(net, i);
            sum = new NetCost(sum.gflop + own.gflop, sum.fcGflop + own.fcGflop, sum.fcBytes + own.fcBytes);
        }
        return sum;
    }

    /** What one layer of a net that has its shapes has to do. */
    static NetCost of(Net net, int index) {
        Layer layer = net.layers().get(index);
        if (layer.blobs().isEmpty()) {
            return new NetCost(0, 0, 0);
        }
        Blob weight = layer.blobs().get(0);
        long inputs = net.bottoms(index).get(0).count();
        return switch (layer.type()) {
            case "Convolution" -> new NetCost(2e-9 * net.tops(index).get(0).count() * weight.count(1), 0, 0);
            case "Deconvolution" -> new NetCost(2e-9 * inputs * weight.count(1), 0, 0);
            case "InnerProduct" -> {
                double gflop = 2e-9 * weight.count() * inputs / weight.shape(1);
                yield new NetCost(gflop, gflop, 4 * weight.count());
            }
            default -> new NetCost(0, 0, 0);
        };
    }

    /**
     * The time in milliseconds below which no pass in f32 can be: convolutions at the peak, and for inner products the longer of arithmetic
     * and reading the weights.
     */
    double limit(Machine machine) {
        double arithmetic = (gflop - fcGflop) / machine.gflops();
        return 1e3 * (arithmetic + Math.max(fcGflop / machine.gflops(), fcBytes / 1e9 / machine.readGbs()));
    }
}
