package org.caffe4j.solver;

import java.util.List;
import org.bytedeco.javacpp.PointerPointer;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.LearnableParam;
import org.caffe4j.NativeErrors;
import org.caffe4j.NativeResource;
import org.caffe4j.layer.TensorArray;
import org.caffe4j.natives.AllReduceHandle;
import org.caffe4j.natives.ContextHandle;
import org.caffe4j.natives.Native;

/** From GPU to GPU through NCCL, which is opened at run time. */
final class NcclExchange implements GradientExchange {
    private final NativeResource<AllReduceHandle> handle;

    /**
     * @param contexts on CUDA devices that are all different, in the order of the ranks
     * @throws org.caffe4j.DeviceException with the reason if NCCL is not here or cannot start
     */
    NcclExchange(List<Context> contexts) {
        try (PointerPointer<ContextHandle> handles = new PointerPointer<>(contexts.size())) {
            for (int i = 0; i < contexts.size(); i++) {
                handles.put(i, contexts.get(i).handle());
            }
            handle = new NativeResource<>(this, "NcclExchange",
                    NativeErrors.call(() -> Native.all_reduce_create(handles, contexts.size())), Native::all_reduce_destroy);
        }
    }

    /** Why there can be none on this machine; empty where there can. */
    static String unavailabilityCause() {
        return Native.all_reduce_unavailability().getString();
    }

    @Override
    public void average(List<List<LearnableParam>> ranks) {
        List<Blob> blobs = ranks.stream().flatMap(List::stream).map(LearnableParam::blob).toList();
        try (TensorArray diffs = TensorArray.diffs(blobs)) {
            NativeErrors.run(() -> Native.all_reduce_average(handle.get(), diffs.handles(), ranks.get(0).size()));
        }
    }

    @Override
    public void close() {
        handle.close();
    }
}
