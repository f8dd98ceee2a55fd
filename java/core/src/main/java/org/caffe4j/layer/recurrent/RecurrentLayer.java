package org.caffe4j.layer.recurrent;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.ShapeException;
import org.caffe4j.layer.Layer;
import org.caffe4j.natives.TensorHandle;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.LayerState;
import org.caffe4j.proto.RecurrentParameter;
import org.caffe4j.proto.Values;

/**
 * What LSTM and RNN share. Bottoms: x [T, N, …], cont [T, N] (0 where a sequence starts), optionally x_static [N, …], seen by every
 * step, and with expose_hidden the initial states [1, N, D]. Tops: output [T, N, D], with expose_hidden also the final states. T is fixed
 * after set-up, N may change. Without expose_hidden the state carries over from one forward to the next, without a gradient across them.
 *
 * <p>Fields (recurrent_param): num_output, weight_filler, bias_filler, expose_hidden. Learned: the input's weight and bias, the static
 * input's weight if there is one, then {@link #addStateParams}. Source: Caffe's RecurrentLayer; computed directly, not by an unrolled net.
 */
abstract class RecurrentLayer extends Layer {
    private static final int X = 0;
    private static final int CONT = 1;
    private static final int X_STATIC = 2;

    private final RecurrentParameter settings;
    private final List<Blob> carried = new ArrayList<>();
    private boolean hasStatic;
    private long steps;
    private long inputs;

    RecurrentLayer(LayerParameter param, Context context) {
        super(param, context);
        settings = param.getRecurrentParam();
    }

    /** Number of state blobs: 1 for the RNN's h, 2 for the LSTM's h and c. */
    abstract int states();

    /** Rows of the input's weight for each output value: how many sums enter a step. */
    abstract int gates();

    /** Adds the learned blobs behind those of the inputs. */
    abstract void addStateParams(RecurrentParameter fields);

    /** Makes the native operation. */
    abstract void createOperation(long stepCount, long inputCount, long staticInputs);

    abstract void run(Blob x, Blob cont, Blob xStatic, List<Blob> first, Blob output, List<Blob> last);

    /** Gradients: those of inputs and first states that are null are not wanted. */
    abstract void runBackward(Blob x, Blob cont, Blob xStatic, Blob output, List<Blob> last, TensorHandle xDiff, TensorHandle xStaticDiff,
            List<Blob> first);

    final long outputs() {
        return Integer.toUnsignedLong(settings.getNumOutput());
    }

    final boolean exposesHidden() {
        return settings.getExposeHidden();
    }

    final boolean hasStatic() {
        return hasStatic;
    }

    @Override
    public int minBottoms() {
        return 2 + (exposesHidden() ? states() : 0);
    }

    @Override
    public int maxBottoms() {
        return minBottoms() + 1;
    }

    @Override
    public int exactTops() {
        return 1 + (exposesHidden() ? states() : 0);
    }

    @Override
    public boolean allowForceBackward(int bottom) {
        return bottom != CONT;
    }

    @Override
    public void setUp(List<Blob> bottom, List<Blob> top) {
        if (outputs() == 0) {
            throw definitionError("num_output must be positive");
        }
        Blob x = bottom.get(X);
        if (x.numAxes() < 3) {
            throw new ShapeException(where() + "bottom[0] must have at least 3 axes -- (#timesteps, #streams, ...), it has shape " + x.shapeString());
        }
        hasStatic = bottom.size() > minBottoms();
        steps = x.shape(0);
        inputs = x.count(2);
        long staticInputs = hasStatic ? bottom.get(X_STATIC).count(1) : 0;
        addParam(settings.getWeightFiller(), gates() * outputs(), inputs);
        addParam(settings.getBiasFiller(), gates() * outputs());
        if (hasStatic) {
            addParam(settings.getWeightFiller(), gates() * outputs(), staticInputs);
        }
        addStateParams(settings);
        createOperation(steps, inputs, staticInputs);
        for (int i = 0; i < states() && !exposesHidden(); i++) {
            carried.add(new Blob(context(), 1, x.shape(1), outputs()));
        }
    }

    @Override
    public void reshape(List<Blob> bottom, List<Blob> top) {
        Blob x = bottom.get(X);
        Blob cont = bottom.get(CONT);
        if (x.numAxes() < 3 || x.shape(0) != steps) {
            throw new ShapeException(where() + "input number of timesteps changed: it was " + steps + ", bottom[0] now has shape " + x.shapeString());
        }
        long batch = x.shape(1);
        if (x.count(2) != inputs) {
            throw new ShapeException(where() + "the weights take " + inputs + " values an item, bottom[0] has shape " + x.shapeString());
        }
        if (!Arrays.equals(cont.shape(), new long[] {steps, batch})) {
            throw new ShapeException(where() + "bottom[1] (cont) must have shape " + steps + " x " + batch + ", it has " + cont.shapeString());
        }
        if (hasStatic && (bottom.get(X_STATIC).numAxes() < 1 || bottom.get(X_STATIC).shape(0) != batch
                || bottom.get(X_STATIC).count(1) != blobs().get(2).shape(1))) {
            throw new ShapeException(where() + "bottom[2] (static input) must have " + batch + " items of " + blobs().get(2).shape(1)
                    + " values, it has shape " + bottom.get(X_STATIC).shapeString());
        }
        long[] state = {1, batch, outputs()};
        for (int i = 0; i < states() && exposesHidden(); i++) {
            if (!Arrays.equals(first(bottom).get(i).shape(), state)) {
                throw new ShapeException(where() + "an initial state must have shape " + Blob.shapeString(state) + ", it has "
                        + first(bottom).get(i).shapeString());
            }
            top.get(1 + i).reshape(state);
        }
        carried.forEach(blob -> blob.reshape(state));
        top.get(0).reshape(steps, batch, outputs());
    }

    @Override
    public void forward(List<Blob> bottom, List<Blob> top) {
        run(bottom.get(X), bottom.get(CONT), hasStatic ? bottom.get(X_STATIC) : null, first(bottom), top.get(0), last(top));
    }

    @Override
    public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
        if (propagateDown[CONT]) {
            throw definitionError("Cannot backpropagate to sequence indicators.");
        }
        runBackward(bottom.get(X), bottom.get(CONT), hasStatic ? bottom.get(X_STATIC) : null, top.get(0), exposesHidden() ? last(top) : null,
                propagateDown[X] ? bottom.get(X).diff().handle() : null,
                hasStatic && propagateDown[X_STATIC] ? bottom.get(X_STATIC).diff().handle() : null, exposesHidden() ? first(bottom) : null);
    }

    private List<Blob> first(List<Blob> bottom) {
        return exposesHidden() ? bottom.subList(bottom.size() - states(), bottom.size()) : carried;
    }

    private List<Blob> last(List<Blob> top) {
        return exposesHidden() ? top.subList(1, top.size()) : carried;
    }

    @Override
    public LayerState saveState() {
        LayerState.Builder state = LayerState.newBuilder();
        for (Blob blob : carried) {
            Values.Builder values = state.addValuesBuilder();
            for (long dim : blob.shape()) {
                values.addDim(dim);
            }
            for (float value : blob.data().toArray()) {
                values.addValue(value);
            }
        }
        return state.build();
    }

    @Override
    public void restoreState(LayerState state) {
        for (int i = 0; i < carried.size(); i++) {
            Values values = state.getValues(i);
            carried.get(i).reshape(values.getDimList().stream().mapToLong(Long::longValue).toArray());
            FloatBuffer out = carried.get(i).data().overwrite();
            values.getValueList().forEach(out::put);
        }
    }

    /** The values of learned blob {@code index}. */
    final TensorHandle data(int index) {
        return blobs().get(index).data().handle();
    }

    /** The gradient of learned blob {@code index}, or null if it is not wanted. */
    final TensorHandle diff(int index) {
        return paramPropagateDown(index) ? blobs().get(index).diff().handle() : null;
    }

    /** Index of the first learned blob behind those of the inputs. */
    final int stateParam() {
        return hasStatic ? 3 : 2;
    }

    final TensorHandle staticWeight() {
        return hasStatic ? data(2) : null;
    }

    final TensorHandle staticWeightDiff() {
        return hasStatic ? diff(2) : null;
    }

    static TensorHandle dataOf(Blob blob) {
        return blob == null ? null : blob.data().handle();
    }

    static TensorHandle diffOf(List<Blob> list, int index) {
        return list == null ? null : list.get(index).diff().handle();
    }

    @Override
    public void close() {
        super.close();
        carried.forEach(Blob::close);
    }
}
