package org.caffe4j.layer.linear;

import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.layer.UnaryLayer;
import org.caffe4j.natives.EpilogueHandle;
import org.caffe4j.natives.Native;
import org.caffe4j.natives.TensorHandle;
import org.caffe4j.proto.FillerParameter;
import org.caffe4j.proto.LayerParameter;

/** What the layers with a learned weight and, with {@code bias_term}, a learned bias [num_output] share: InnerProduct, Embed, Convolution. */
abstract class LinearLayer extends UnaryLayer {
    private final long outputs;
    private final boolean hasBias;

    LinearLayer(LayerParameter param, Context context, int numOutput, boolean biasTerm) {
        super(param, context);
        outputs = Integer.toUnsignedLong(numOutput);
        hasBias = biasTerm;
    }

    /** The field num_output. */
    final long outputs() {
        return outputs;
    }

    /** Throws unless num_output is positive. */
    final void requireOutputs() {
        if (outputs == 0) {
            throw definitionError("num_output must be positive");
        }
    }

    /** Makes the learned blobs. */
    final void addWeightAndBias(FillerParameter weightFiller, FillerParameter biasFiller, long... weightShape) {
        addParam(weightFiller, weightShape);
        if (hasBias) {
            addParam(biasFiller, outputs);
        }
    }

    final Blob weight() {
        return blobs().get(0);
    }

    /** The bias, or null where the layer has none. */
    final Blob bias() {
        return hasBias ? blobs().get(1) : null;
    }

    /** The weight's gradient, or null where none is wanted. */
    final TensorHandle weightDiff() {
        return paramPropagateDown(0) ? weight().diff().handle() : null;
    }

    /** The bias's values, or null where the layer has none. */
    final TensorHandle biasData() {
        return hasBias ? blobs().get(1).data().handle() : null;
    }

    /** Adds a bias to what a product has written, if there is one, and does what an epilogue says. */
    static void finish(Blob top, Blob bias, EpilogueHandle epilogue) {
        TensorHandle y = top.data().handle();
        Native.epilogue_forward(epilogue, y, null, handle(bias), y);
    }

    /** The values of a blob, null for null. */
    static TensorHandle handle(Blob blob) {
        return blob == null ? null : blob.data().handle();
    }

    /** The bias's gradient, or null where there is none or none is wanted. */
    final TensorHandle biasDiff() {
        return hasBias && paramPropagateDown(1) ? blobs().get(1).diff().handle() : null;
    }
}
