package org.caffe4j.layer.linear;

import java.util.Arrays;
import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.NativeResource;
import org.caffe4j.Phase;
import org.caffe4j.ShapeException;
import org.caffe4j.layer.FusingLayer;
import org.caffe4j.natives.EpilogueHandle;
import org.caffe4j.natives.InnerProductHandle;
import org.caffe4j.natives.Native;
import org.caffe4j.optimize.Operation;
import org.caffe4j.proto.InnerProductParameter;
import org.caffe4j.proto.LayerParameter;

/**
 * y = x·Wᵀ + b over the axes from {@code axis} [1] on, flattened to K values: leading axes × K → leading axes × num_output. Weight
 * [num_output, K], or [K, num_output] with transpose [false]; bias [num_output] if bias_term [true]. Source: Caffe's InnerProduct.
 */
public final class InnerProductLayer extends LinearLayer implements FusingLayer {
    private final InnerProductParameter settings;
    private long inputs;
    private NativeResource<InnerProductHandle> operation;

    public InnerProductLayer(LayerParameter param, Context context) {
        super(param, context, param.getInnerProductParam().getNumOutput(), param.getInnerProductParam().getBiasTerm());
        settings = param.getInnerProductParam();
    }

    @Override
    public void setUp(List<Blob> bottom, List<Blob> top) {
        requireOutputs();
        inputs = bottom.get(0).count(bottom.get(0).canonicalAxis(settings.getAxis()));
        if (inputs == 0) {
            throw new ShapeException(where() + "bottom has no values to multiply: shape " + bottom.get(0).shapeString());
        }
        boolean transposed = settings.getTranspose();
        addWeightAndBias(settings.getWeightFiller(), settings.getBiasFiller(), transposed ? inputs : outputs(),
                transposed ? outputs() : inputs);
        operation = new NativeResource<>(this, type(), Native.inner_product_create(context().handle(), outputs(), inputs, transposed,
                phase() == Phase.TEST), Native::inner_product_destroy);
    }

    @Override
    public void reshape(List<Blob> bottom, List<Blob> top) {
        Blob x = bottom.get(0);
        int axis = x.canonicalAxis(settings.getAxis());
        if (x.count(axis) != inputs) {
            throw new ShapeException(where() + "Input size incompatible with inner product parameters: the weights take " + inputs
                    + " values an item, bottom has " + x.count(axis) + " (shape " + x.shapeString()
                    + "); the net's input must keep the height and width that these weights were made for");
        }
        long[] shape = Arrays.copyOf(x.shape(), axis + 1);
        shape[axis] = outputs();
        top.get(0).reshape(shape);
    }

    @Override
    public void forward(List<Blob> bottom, List<Blob> top) {
        Native.inner_product_forward(operation.get(), bottom.get(0).data().handle(), weight().data().handle(), biasData(),
                top.get(0).data().handle());
    }

    @Override
    public void forward(Blob bottom, Blob bias, Blob top, EpilogueHandle epilogue) {
        Native.inner_product_forward(operation.get(), bottom.data().handle(), weight().data().handle(), epilogue == null ? handle(bias) : null,
                top.data().handle());
        if (epilogue != null) {
            finish(top, bias, epilogue);
        }
    }

    @Override
    public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
        Native.inner_product_backward_weight(operation.get(), bottom.get(0).data().handle(), top.get(0).diff().handle(),
                weightDiff(), biasDiff());
        if (propagateDown[0]) {
            Native.inner_product_backward_data(operation.get(), top.get(0).diff().handle(), weight().data().handle(),
                    bottom.get(0).diff().handle());
        }
    }

    @Override
    public void close() {
        super.close();
        if (operation != null) {
            operation.close();
        }
    }

    @Override
    public Operation operation(List<Blob> bottom, List<Blob> top) {
        return bottom.get(0).canonicalAxis(settings.getAxis()) == 1 && bottom.get(0).numAxes() <= 5
                ? new Operation.InnerProduct(weight(), bias(), outputs(), settings.getTranspose()) : null;
    }
}
