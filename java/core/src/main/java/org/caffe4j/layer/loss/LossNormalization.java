package org.caffe4j.layer.loss;

import org.caffe4j.proto.LossParameter;
import org.caffe4j.proto.LossParameter.NormalizationMode;

/**
 * What the sum of the items' losses is divided by: FULL the number of items, VALID those whose label is not ignored, BATCH_SIZE the
 * items along the batch axes, NONE 1; at least 1 in every case. The older field {@code normalize} counts where {@code normalization} is
 * not given: true means VALID, false BATCH_SIZE. Source: Caffe's LossParameter.
 */
record LossNormalization(NormalizationMode mode) {

    static LossNormalization of(LossParameter p, NormalizationMode ifUnset) {
        if (p.hasNormalization()) {
            return new LossNormalization(p.getNormalization());
        }
        if (p.hasNormalize()) {
            return new LossNormalization(p.getNormalize() ? NormalizationMode.VALID : NormalizationMode.BATCH_SIZE);
        }
        return new LossNormalization(ifUnset);
    }

    /**
     * @param outer batch size
     * @param inner items in one element of the batch
     * @param valid items that are not ignored
     */
    double divisor(long outer, long inner, long valid) {
        long count = switch (mode) {
            case FULL -> outer * inner;
            case VALID -> valid;
            case BATCH_SIZE -> outer;
            case NONE -> 1;
        };
        return Math.max(1, count);
    }
}
