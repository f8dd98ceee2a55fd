package org.caffe4j.optimize;

import java.util.Iterator;
import java.util.List;
import java.util.function.Function;
import org.caffe4j.Blob;
import org.caffe4j.NativeErrors;
import org.caffe4j.NativeResource;
import org.caffe4j.natives.EpilogueHandle;
import org.caffe4j.natives.Native;

/** What is fused behind a node whose layer computes on a GPU. */
final class Epilogue implements AutoCloseable {
    private final NativeResource<EpilogueHandle> epilogue;

    Epilogue() {
        epilogue = new NativeResource<>(this, "Epilogue", Native.epilogue_create(), Native::epilogue_destroy);
    }

    /**
     * @param slopes of the PReLUs, in their order
     * @param blobs where values lie
     */
    void add(List<Node.Post> posts, List<Blob> slopes, Function<Value, Blob> blobs) {
        Iterator<Blob> slope = slopes.iterator();
        for (Node.Post post : posts) {
            if (post instanceof Node.Post.Activate activate) {
                Operation.Activation f = activate.function();
                NativeErrors.run(() -> Native.epilogue_add_activation(handle(), f.function(), f.a(), f.b(), f.c()));
            } else if (post instanceof Node.Post.Slope) {
                Native.epilogue_add_prelu(handle(), slope.next().data().handle());
            } else if (post instanceof Node.Post.Sum sum) {
                add(blobs.apply(sum.value()), sum.factor());
            }
        }
    }

    /** Adds a sum with {@code factor} times the values of a blob. */
    void add(Blob summand, float factor) {
        Native.epilogue_add_sum(handle(), summand.data().handle(), factor);
    }

    EpilogueHandle handle() {
        return epilogue.get();
    }

    @Override
    public void close() {
        epilogue.close();
    }
}
