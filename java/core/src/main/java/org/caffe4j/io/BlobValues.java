package org.caffe4j.io;

import java.nio.FloatBuffer;
import java.util.Arrays;
import org.caffe4j.Blob;

/**
 * A blob to be written: a shape, its values and perhaps its gradients, row-major from each buffer's position to its limit. The buffers
 * are only read, and belong to whoever made them.
 *
 * @param shape outermost axis first; empty for a scalar
 * @param data as many values as the product of the shape
 * @param diff as many gradients, or null for none
 */
public record BlobValues(long[] shape, FloatBuffer data, FloatBuffer diff) {
    /** @throws IllegalArgumentException if a buffer does not hold as many values as the shape says */
    public BlobValues {
        long count = Arrays.stream(shape).reduce(1, Math::multiplyExact);
        if (data.remaining() != count || (diff != null && diff.remaining() != count)) {
            throw new IllegalArgumentException(data.remaining() + " values and " + (diff == null ? "no" : diff.remaining())
                    + " gradients for shape " + Arrays.toString(shape));
        }
    }

    /** The newest values of a blob, and its gradients if asked for; valid until the blob changes or is closed. */
    public static BlobValues of(Blob blob, boolean withDiff) {
        return new BlobValues(blob.shape(), blob.data().read(), withDiff ? blob.diff().read() : null);
    }
}
