package org.caffe4j.optimize;

import org.caffe4j.Blob;
import org.caffe4j.Context;

/** A weight and a bias, in blobs of their own, with the scales and shifts in them that follow their layer; the owner closes it. */
record FoldedWeight(Blob weight, Blob bias) implements AutoCloseable {
    /**
     * Folds what follows a node into its weight.
     *
     * @param bias null for zeros
     */
    static FoldedWeight of(Node node, Blob weight, Blob bias, long outputs, Context context) {
        double[] scale = new double[(int) outputs];
        double[] shift = new double[(int) outputs];
        float[] given = bias == null ? null : bias.data().toArray();
        for (int i = 0; i < outputs; i++) {
            scale[i] = 1;
            shift[i] = given == null ? 0 : given[i];
        }
        for (Operation.Affine affine : node.folded) {
            float[] factor = affine.scale().get();
            float[] summand = affine.shift().get();
            for (int i = 0; i < outputs; i++) {
                scale[i] *= factor[i];
                shift[i] = shift[i] * factor[i] + summand[i];
            }
        }
        FoldedWeight folded = new FoldedWeight(new Blob(context, weight.shape()), new Blob(context, outputs));
        scale(node.operation, weight, scale, folded.weight);
        float[] biases = new float[shift.length];
        for (int i = 0; i < biases.length; i++) {
            biases[i] = (float) shift[i];
        }
        folded.bias.data().set(biases);
        return folded;
    }

    /** Multiplies each weight by the factor of the output that it belongs to, a row at a time. */
    private static void scale(Operation operation, Blob weight, double[] factors, Blob scaled) {
        boolean across = operation instanceof Operation.InnerProduct product && product.transposed();
        boolean transposed = operation instanceof Operation.Convolution convolution && convolution.transposed();
        long rows = across ? weight.count() / factors.length : transposed ? weight.count(0, 2) : factors.length;
        float[] row = new float[(int) (weight.count() / rows)];
        for (int i = 0; i < rows; i++) {
            int output = transposed ? transposedOutput((Operation.Convolution) operation, weight, i) : i;
            weight.data().get((long) i * row.length, row);
            for (int k = 0; k < row.length; k++) {
                row[k] *= (float) factors[across ? k : output];
            }
            scaled.data().put((long) i * row.length, row);
        }
    }

    /** The output of row {@code row} of a deconvolution's weights [channels, outputs of a group, kernel…]. */
    private static int transposedOutput(Operation.Convolution convolution, Blob weight, int row) {
        int ofGroup = (int) weight.shape(1);
        int channelsOfGroup = (int) (weight.shape(0) / convolution.group());
        return row / ofGroup / channelsOfGroup * ofGroup + row % ofGroup;
    }

    @Override
    public void close() {
        weight.close();
        bias.close();
    }
}
