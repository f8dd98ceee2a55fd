package org.caffe4j.layer.pooling;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.ShapeException;
import org.caffe4j.layer.UnaryLayer;
import org.caffe4j.layer.shape.ConcatLayer;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.PoolingParameter;
import org.caffe4j.proto.SPPParameter;

/**
 * Spatial pyramid pooling: levels i = 0 … pyramid_height − 1 pool N×C×H×W images to 2^i × 2^i bins each, whatever H and W; the levels,
 * flattened, stand side by side: N × C·(4^pyramid_height − 1)/3. A pyramid of one level keeps four axes, N×C×1×1.
 *
 * <p>A level pools with kernel ⌈size / bins⌉, as stride too, and pad ⌊(kernel·bins − size + 1) / 2⌋ an axis; a size whose pad is not
 * smaller than the kernel is refused. Fields: pyramid_height, pool MAX (default), AVE or STOCHASTIC, engine as in {@link PoolingLayer}.
 * Source: Caffe's SPP.
 */
public final class SPPLayer extends UnaryLayer {
    private final SPPParameter settings;
    private final List<Level> levels = new ArrayList<>();
    private final ConcatLayer concat;
    private long height = -1;
    private long width = -1;

    /** One level's pooling, with its own gradient of the input and two views of its output. */
    private final class Level implements AutoCloseable {
        private final PoolingLayer pooling;
        private final Blob input = new Blob(context());
        private final Blob pooled = new Blob(context());
        private final Blob flat = new Blob(context());

        Level(int level, long bins) {
            long kernelH = kernel(height, bins);
            long kernelW = kernel(width, bins);
            PoolingParameter.Builder p = PoolingParameter.newBuilder()
                    .setPool(PoolingParameter.PoolMethod.forNumber(settings.getPool().getNumber()))
                    .setEngine(PoolingParameter.Engine.forNumber(settings.getEngine().getNumber()))
                    .setKernelH((int) kernelH).setKernelW((int) kernelW).setStrideH((int) kernelH).setStrideW((int) kernelW)
                    .setPadH((int) pad(height, bins)).setPadW((int) pad(width, bins));
            pooling = new PoolingLayer(LayerParameter.newBuilder().setName(name() + ", level " + level).setType("Pooling")
                    .setPhase(param().getPhase()).setPoolingParam(p).build(), context());
            pooling.setUp(List.of(input), List.of(pooled));
        }

        private static long kernel(long size, long bins) {
            return (size + bins - 1) / bins;
        }

        private static long pad(long size, long bins) {
            return (kernel(size, bins) * bins - size + 1) / 2;
        }

        void reshape(Blob bottom) {
            input.reshapeLike(bottom);
            input.shareData(bottom);
            pooling.reshape(List.of(input), List.of(pooled));
            flat.reshape(pooled.shape(0), pooled.count(1));
            flat.shareData(pooled);
            flat.shareDiff(pooled);
        }

        @Override
        public void close() {
            pooling.close();
            input.close();
            pooled.close();
            flat.close();
        }
    }

    public SPPLayer(LayerParameter param, Context context) {
        super(param, context);
        settings = param.getSppParam();
        concat = new ConcatLayer(LayerParameter.newBuilder().setName(param.getName()).setType("Concat").build(), context);
    }

    @Override
    public void setUp(List<Blob> bottom, List<Blob> top) {
        int levelCount = settings.getPyramidHeight();
        if (levelCount < 1 || levelCount > 16) {
            throw definitionError("pyramid_height must be from 1 to 16, got " + Integer.toUnsignedString(levelCount));
        }
    }

    @Override
    public void reshape(List<Blob> bottom, List<Blob> top) {
        Blob x = bottom.get(0);
        if (x.numAxes() != 4 || x.count(2) == 0) {
            throw new ShapeException(where() + "Input must have 4 axes, corresponding to (num, channels, height, width), got shape "
                    + x.shapeString());
        }
        if (x.shape(2) != height || x.shape(3) != width) {
            closeLevels();
            height = x.shape(2);
            width = x.shape(3);
            for (int i = 0; i < settings.getPyramidHeight(); i++) {
                levels.add(new Level(i, 1L << i));
            }
        }
        levels.forEach(level -> level.reshape(x));
        if (levels.size() == 1) {
            top.get(0).reshapeLike(levels.get(0).pooled);
            top.get(0).shareData(levels.get(0).pooled);
            top.get(0).shareDiff(levels.get(0).pooled);
        } else {
            concat.reshape(flats(), top);
        }
    }

    private List<Blob> flats() {
        return levels.stream().map(level -> level.flat).toList();
    }

    @Override
    public void forward(List<Blob> bottom, List<Blob> top) {
        levels.forEach(level -> level.pooling.forward(List.of(level.input), List.of(level.pooled)));
        if (levels.size() > 1) {
            concat.forward(flats(), top);
        }
    }

    @Override
    public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
        if (!propagateDown[0]) {
            return;
        }
        if (levels.size() > 1) {
            boolean[] all = new boolean[levels.size()];
            Arrays.fill(all, true);
            concat.backward(top, all, flats());
        }
        Blob x = bottom.get(0);
        for (Level level : levels) {
            level.pooling.backward(List.of(level.pooled), new boolean[] {true}, List.of(level.input));
        }
        x.diff().copyFrom(levels.get(0).input.diff());
        for (Level level : levels.subList(1, levels.size())) {
            x.diff().axpy(1, level.input.diff());
        }
    }

    private void closeLevels() {
        levels.forEach(Level::close);
        levels.clear();
    }

    @Override
    public void close() {
        closeLevels();
        concat.close();
        super.close();
    }
}
