package org.caffe4j.optimize;

import org.caffe4j.Blob;
import org.caffe4j.Context;

/** A weight and a bias, in blobs of their own, with the scales and shifts in them that follow their layer; the owner closes it. */
record FoldedWeight(Blob weight, Blob bias) implements AutoCloseable {
    /**
     * Folds what follows a node into its weight, whose first axis counts the outputs.
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
        float[] row = new float[(int) (weight.count() / outputs)];
        float[] biases = new float[shift.length];
        for (int i = 0; i < outputs; i++) {
            weight.data().get((long) i * row.length, row);
            for (int k = 0; k < row.length; k++) {
                row[k] *= (float) scale[i];
            }
            folded.weight.data().put((long) i * row.length, row);
            biases[i] = (float) shift[i];
        }
        folded.bias.data().set(biases);
        return folded;
    }

    @Override
    public void close() {
        weight.close();
        bias.close();
    }
}
