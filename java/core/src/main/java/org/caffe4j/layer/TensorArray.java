package org.caffe4j.layer;

import java.util.List;
import java.util.function.Function;
import org.bytedeco.javacpp.PointerPointer;
import org.caffe4j.Blob;
import org.caffe4j.Tensor;
import org.caffe4j.natives.TensorHandle;

/** The native handles of several tensors in one array, as operations with any number of inputs take them. Close it after the call. */
public final class TensorArray implements AutoCloseable {
    private final PointerPointer<TensorHandle> handles;

    private TensorArray(List<Blob> blobs, Function<Blob, Tensor> tensor) {
        handles = new PointerPointer<>(blobs.size());
        for (int i = 0; i < blobs.size(); i++) {
            handles.put(i, tensor.apply(blobs.get(i)).handle());
        }
    }

    public static TensorArray data(List<Blob> blobs) {
        return new TensorArray(blobs, Blob::data);
    }

    public static TensorArray diffs(List<Blob> blobs) {
        return new TensorArray(blobs, Blob::diff);
    }

    public PointerPointer<TensorHandle> handles() {
        return handles;
    }

    @Override
    public void close() {
        handles.close();
    }
}
