package org.caffe4j.layer;

import com.google.protobuf.TextFormat;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.MersenneTwister;
import org.caffe4j.NativeErrors;
import org.caffe4j.Phase;
import org.caffe4j.TestDevice;
import org.caffe4j.proto.LayerParameter;

/** For tests: one layer with bottoms and tops of its own, outside a net. */
public final class LayerRunner implements AutoCloseable {
    public final Context context;
    public final Layer layer;
    public final List<Blob> bottom = new ArrayList<>();
    public final List<Blob> top = new ArrayList<>();
    private boolean repeatable;

    /** Makes the layer of a description such as {@code type: "ReLU" relu_param { negative_slope: 0.1 }} with the given bottoms' shapes; phase TEST unless set. */
    public static LayerRunner of(String description, int tops, long[]... bottomShapes) {
        return new LayerRunner(Phase.TEST, description, tops, bottomShapes);
    }

    public LayerRunner(Phase phase, String description, int tops, long[]... bottomShapes) {
        context = TestDevice.context(2);
        context.seed(1);
        LayerParameter.Builder param = LayerParameter.newBuilder();
        try {
            TextFormat.merge(description, param);
        } catch (TextFormat.ParseException e) {
            throw new IllegalArgumentException(description, e);
        }
        if (!param.hasName()) {
            param.setName("layer");
        }
        param.setPhase(phase.proto());
        for (long[] shape : bottomShapes) {
            bottom.add(new Blob(context, shape));
        }
        for (int i = 0; i < tops; i++) {
            top.add(new Blob(context));
        }
        layer = LayerRegistry.create(param.build(), context);
        try {
            layer.setUp(bottom, top);
            layer.reshape(bottom, top);
        } catch (RuntimeException e) {
            close();
            throw NativeErrors.translate(e, "");
        }
    }

    /** Puts the tops of an in-place layer onto its bottoms. */
    public LayerRunner inPlace() {
        top.set(0, bottom.get(0)).close();
        return this;
    }

    /** Fills a tensor with values of a seeded generator, uniform in [low, high). */
    public static void fill(org.caffe4j.Tensor tensor, long seed, double low, double high) {
        MersenneTwister rng = new MersenneTwister(seed);
        float[] values = new float[(int) tensor.count()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (low + (high - low) * rng.nextDouble());
        }
        tensor.set(values);
    }

    /** Fills all bottoms and learned blobs with values in [-1, 1). */
    public LayerRunner fillAll(long seed) {
        for (int i = 0; i < bottom.size(); i++) {
            fill(bottom.get(i).data(), seed + i, -1, 1);
        }
        for (int i = 0; i < layer.blobs().size(); i++) {
            fill(layer.blobs().get(i).data(), seed + 100 + i, -1, 1);
        }
        return this;
    }

    /** From now on every forward draws the same random numbers. */
    public LayerRunner repeatable() {
        repeatable = true;
        return this;
    }

    public float[] forward() {
        if (repeatable) {
            context.seed(1);
        }
        try {
            layer.reshape(bottom, top);
            layer.forward(bottom, top);
        } catch (RuntimeException e) {
            throw NativeErrors.translate(e, layer.where()); // as a net does
        }
        return top.isEmpty() ? new float[0] : top.get(0).data().toArray();
    }

    /** Backward to all bottoms, from the tops' present diffs. */
    public void backward() {
        boolean[] all = new boolean[bottom.size()];
        Arrays.fill(all, true);
        backward(all);
    }

    public void backward(boolean... propagateDown) {
        NativeErrors.run(() -> layer.backward(top, propagateDown, bottom));
    }

    @Override
    public void close() {
        layer.close();
        bottom.forEach(Blob::close);
        top.forEach(Blob::close);
        context.close();
    }
}
