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
        double flop = 0;
        double fc = 0;
        long bytes = 0;
        for (int i = 0; i < net.layers().size(); i++) {
            Layer layer = net.layers().get(i);
            if (layer.blobs().isEmpty()) {
                continue;
            }
            Blob weight = layer.blobs().get(0);
            switch (layer.type()) {
                case "Convolution" -> flop += 2.0 * net.tops(i).get(0).count() * weight.count(1);
                case "Deconvolution" -> flop += 2.0 * net.bottoms(i).get(0).count() * weight.count(1);
                case "InnerProduct" -> {
                    double own = 2.0 * weight.count() * net.bottoms(i).get(0).count() / weight.shape(1);
                    flop += own;
                    fc += own;
                    bytes += 4 * weight.count();
                }
                default -> { }
            }
        }
        return new NetCost(flop / 1e9, fc / 1e9, bytes);
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
