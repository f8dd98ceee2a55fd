package org.caffe4j.filler;

import org.caffe4j.Blob;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.proto.FillerParameter.VarianceNorm;

/** What fillers ask of a shape. */
final class FillerShapes {
    private FillerShapes() {
    }

    static long count(long[] shape) {
        long count = 1;
        for (long dim : shape) {
            count *= dim;
        }
        return count;
    }

    /** The first dimension, the number of outputs of a weight blob. */
    static long outputs(long[] shape, String filler) {
        if (shape.length == 0 || count(shape) == 0) {
            throw new NetDefinitionException("filler " + filler + " needs a blob with at least one axis and one value, but its shape is "
                + Blob.shapeString(shape));
        }
        return shape[0];
    }

    /** n of xavier and msra: values per output (FAN_IN), values per input (FAN_OUT) or their mean. */
    static float fan(long[] shape, VarianceNorm norm, String filler) {
        long count = count(shape);
        float fanIn = count / outputs(shape, filler);
        float fanOut = shape.length > 1 ? count / shape[1] : count;
        return switch (norm) {
            case FAN_IN -> fanIn;
            case FAN_OUT -> fanOut;
            case AVERAGE -> (fanIn + fanOut) / 2;
        };
    }
}
