package org.caffe4j.optimize;

import org.caffe4j.Context;

/** The weights of a plan, with what passes have folded into them. */
interface PlanWeights extends AutoCloseable {
    /** The same weights for a plan of the same graph in another context. */
    PlanWeights share(Context context);

    /** Bytes of native memory that they take. */
    long bytes();

    @Override
    void close();
}
