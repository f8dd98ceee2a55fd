package org.caffe4j;

import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.function.Consumer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.caffe4j.natives.BufferRef;
import org.caffe4j.natives.Native;
import org.caffe4j.natives.TensorHandle;

/**
 * One array of floats outside the Java heap, and the knowledge where its newest values are. Layers may keep values in a layout of their
 * own; every method here shows plain row-major values (last axis fastest) and converts when needed.
 *
 * <p>Memory is allocated on first touch and reads as zeros then. Closing frees it at once; buffers that were handed out stay valid
 * memory for as long as they are referenced, but show old values after the tensor was written elsewhere, reshaped or closed. Not
 * thread-safe. Belongs to a {@link Blob}, which closes it.
 */
public final class Tensor implements AutoCloseable {
    /** Floats in one FloatBuffer at most. */
    private static final long MAX_BUFFER = Integer.MAX_VALUE / Float.BYTES;

    private static final Cleaner BUFFER_CLEANER = Cleaner.create();

    private final Context context;
    private final NativeResource<TensorHandle> handle;
    private long viewAddress;
    private FloatBuffer view;

    Tensor(Context context) {
        this.context = context;
        this.handle = new NativeResource<>(this, "Tensor", Native.tensor_create(context.handle()), Native::tensor_destroy);
    }

    /** The native object; for the library's own layers. The tensor must stay reachable while it is in use. */
    public TensorHandle handle() {
        return handle.get();
    }

    public Context context() {
        return context;
    }

    public long count() {
        return Native.tensor_count(handle());
    }

    /**
     * The newest values, to read.
     *
     * @throws NativeMemoryException if memory cannot be had
     * @throws ShapeException if there are more than 2^29 values; {@link #get} reads any number
     */
    public FloatBuffer read() {
        return view(NativeErrors.call(() -> Native.tensor_read(handle()))).asReadOnlyBuffer();
    }

    /** The newest values, to read and write; they become the newest. Call again before each round of writing. */
    public FloatBuffer update() {
        return view(NativeErrors.call(() -> Native.tensor_update(handle()))).duplicate();
    }

    /** As {@link #update()}, but the contents are undefined: the caller writes every value. */
    public FloatBuffer overwrite() {
        return view(NativeErrors.call(() -> Native.tensor_overwrite(handle()))).duplicate();
    }

    /**
     * As {@link #overwrite()}, for a buffer that is used in the call only: nothing keeps the memory alive afterwards, so that
     * {@link #release} frees it at once.
     */
    public void overwrite(Consumer<FloatBuffer> writer) {
        FloatPointer values = NativeErrors.call(() -> Native.tensor_overwrite(handle()));
        long count = count();
        if (count == 0 || count > MAX_BUFFER) {
            writer.accept(overwrite());
            return;
        }
        writer.accept(new BytePointer(values).capacity(count * Float.BYTES).asByteBuffer().order(ByteOrder.nativeOrder()).asFloatBuffer());
        Reference.reachabilityFence(this);
    }

    private FloatBuffer view(FloatPointer values) {
        long count = count();
        if (count > MAX_BUFFER) {
            throw new ShapeException("a FloatBuffer holds at most " + MAX_BUFFER + " values, this blob has " + count
                    + "; use get and put for parts of it");
        }
        long address = values.address();
        if (view == null || viewAddress != address || view.capacity() != count) {
            ByteBuffer bytes = count == 0
                    ? ByteBuffer.allocateDirect(0)
                    : new BytePointer(values).capacity(count * Float.BYTES).asByteBuffer();
            // Every view of a direct buffer references the first one, so the memory is kept until the last view is gone.
            BufferRef reference = Native.tensor_retain(handle());
            BUFFER_CLEANER.register(bytes, () -> Native.buffer_release(reference));
            view = bytes.order(ByteOrder.nativeOrder()).asFloatBuffer();
            viewAddress = address;
        }
        return view;
    }

    /** Copies values {@code [offset, offset + to.length)} out. */
    public void get(long offset, float[] to) {
        NativeErrors.run(() -> Native.tensor_get(handle(), offset, to, to.length));
    }

    /** Copies {@code from} in, to {@code [offset, offset + from.length)}. */
    public void put(long offset, float[] from) {
        NativeErrors.run(() -> Native.tensor_put(handle(), offset, from, from.length));
    }

    /** A copy of all values. */
    public float[] toArray() {
        float[] values = new float[Math.toIntExact(count())];
        get(0, values);
        return values;
    }

    /**
     * Sets all values.
     *
     * @throws ShapeException if their number is not {@link #count()}
     */
    public void set(float... values) {
        if (values.length != count()) {
            throw new ShapeException("expected " + count() + " values, got " + values.length);
        }
        put(0, values);
    }

    public void fill(float value) {
        NativeErrors.run(() -> Native.tensor_fill(handle(), value));
    }

    /** Sum of absolute values. */
    public double asum() {
        return NativeErrors.call(() -> Native.tensor_asum(handle()));
    }

    /** Sum of squares. */
    public double sumsq() {
        return NativeErrors.call(() -> Native.tensor_sumsq(handle()));
    }

    /** Inner product with a tensor of the same count. */
    public double dot(Tensor other) {
        return NativeErrors.call(() -> Native.tensor_dot(handle(), other.handle()));
    }

    /** Multiplies every value. */
    public void scale(float factor) {
        NativeErrors.run(() -> Native.tensor_scale(handle(), factor));
    }

    /** Adds {@code alpha * x} to this tensor, value by value. */
    public void axpy(float alpha, Tensor x) {
        NativeErrors.run(() -> Native.tensor_axpy(alpha, x.handle(), handle()));
    }

    /** Copies the values of a tensor of the same count. */
    public void copyFrom(Tensor source) {
        NativeErrors.run(() -> Native.tensor_copy(source.handle(), handle()));
    }

    /** Exchanges the values with a tensor of the same shape, for all that share them; nothing is copied. */
    public void swap(Tensor other) {
        NativeErrors.run(() -> Native.tensor_swap(handle(), other.handle()));
    }

    /** True when this tensor and {@code other} show the same values because one shares the other's. */
    public boolean sharesWith(Tensor other) {
        return Native.tensor_is_shared(handle(), other.handle());
    }

    /** Gives the values up: memory that nobody shares is freed at once, and the tensor reads as zeros. */
    public void release() {
        view = null;
        NativeErrors.run(() -> Native.tensor_release(handle()));
    }

    /** Bytes of native memory that the values take in all their forms; a sharer counts the shared memory too. */
    public long bytes() {
        return Native.tensor_bytes(handle());
    }

    void reshape(long[] shape) {
        NativeErrors.run(() -> Native.tensor_reshape(handle(), shape, shape.length));
    }

    void share(Tensor source) {
        NativeErrors.run(() -> Native.tensor_share(handle(), source.handle()));
    }

    @Override
    public void close() {
        view = null;
        handle.close();
    }
}
