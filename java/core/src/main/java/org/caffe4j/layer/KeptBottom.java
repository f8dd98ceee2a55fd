package org.caffe4j.layer;

import org.caffe4j.Blob;
import org.caffe4j.Context;

/**
 * The bottom's values of a layer whose gradient needs them, also when the layer is in place and overwrites them. Nothing is copied: the
 * values move here, and the output goes to memory that was here before.
 */
public final class KeptBottom implements AutoCloseable {
    private final Blob values;

    public KeptBottom(Context context) {
        values = new Blob(context);
    }

    /** For forward: the blob whose data to read; the top may then be overwritten. */
    public Blob keep(Blob bottom, Blob top) {
        if (bottom == top) {
            memory(bottom).data().swap(bottom.data());
        }
        return get(bottom, top);
    }

    /** For backward: the blob whose data forward read. */
    public Blob get(Blob bottom, Blob top) {
        return bottom == top ? values : bottom;
    }

    /** What a forward in place over {@code bottom} keeps its values in, to be written by somebody else. */
    public Blob memory(Blob bottom) {
        values.reshapeLike(bottom);
        return values;
    }

    @Override
    public void close() {
        values.close();
    }
}
