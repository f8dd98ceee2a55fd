package org.caffe4j.layer.linear;

import java.util.Arrays;
import java.util.List;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.NativeResource;
import org.caffe4j.Phase;
import org.caffe4j.ShapeException;
import org.caffe4j.layer.FusingLayer;
import org.caffe4j.natives.ConvolutionHandle;
import org.caffe4j.natives.Native;
import org.caffe4j.optimize.Operation;
import org.caffe4j.proto.ConvolutionParameter;
import org.caffe4j.proto.LayerParameter;

/**
 * What Convolution and Deconvolution share: the window, the learned weight and bias, any number of bottoms of one shape with as many
 * tops, and the native operation. Source: Caffe's BaseConvolutionLayer.
 */
abstract class BaseConvolutionLayer extends LinearLayer implements FusingLayer {
    private final ConvolutionParameter settings;
    private ConvolutionWindow window;
    private long channels;
    private int numAxes;
    private NativeResource<ConvolutionHandle> operation;

    BaseConvolutionLayer(LayerParameter param, Context context) {
        super(param, context, param.getConvolutionParam().getNumOutput(), param.getConvolutionParam().getBiasTerm());
        settings = param.getConvolutionParam();
    }

    /** Whether the layer runs the convolution backwards: a deconvolution. */
    abstract boolean transposed();

    @Override
    public int exactBottoms() {
        return -1;
    }

    @Override
    public int minBottoms() {
        return 1;
    }

    @Override
    public int exactTops() {
        return -1;
    }

    @Override
    public int minTops() {
        return 1;
    }

    @Override
    public boolean equalBottomsAndTops() {
        return true;
    }

    @Override
    public void setUp(List<Blob> bottom, List<Blob> top) {
        Blob first = bottom.get(0);
        window = ConvolutionWindow.of(settings, first, where(), 0);
        numAxes = first.numAxes();
        channels = first.shape(window.channelAxis());
        long group = Integer.toUnsignedLong(settings.getGroup());
        requireOutputs();
        if (group == 0 || channels == 0 || channels % group != 0) {
            throw definitionError("the bottom's " + channels + " channels must be positive and a multiple of group " + group);
        }
        if (outputs() % group != 0) {
            throw definitionError("Number of output should be multiples of group. (num_output " + outputs() + ", group " + group + ")");
        }
        long from = transposed() ? outputs() : channels;
        long to = transposed() ? channels : outputs();
        long[] weightShape = new long[2 + window.axes()];
        weightShape[0] = to;
        weightShape[1] = from / group;
        System.arraycopy(window.kernel(), 0, weightShape, 2, window.axes());
        addWeightAndBias(settings.getWeightFiller(), settings.getBiasFiller(), weightShape);
        int engine = engine(settings.getEngine());
        requireForCudnn(engine);
        operation = new NativeResource<>(this, type(), Native.convolution_create(context().handle(), engine, from, to, group, window.kernel(),
                window.stride(), window.pad(), window.dilation(), window.axes(), phase() == Phase.TEST), Native::convolution_destroy);
    }

    /** What Caffe refuses where cuDNN is asked for; by default the CAFFE engine computes it. */
    private void requireForCudnn(int engine) {
        if (engine == Native.ENGINE_CUDNN && Arrays.stream(window.dilation()).anyMatch(d -> d > 1)) {
            throw definitionError("CuDNN doesn't support the dilated convolution at Layer " + name() + " (use engine: CAFFE or DEFAULT)");
        }
        if (engine == Native.ENGINE_CUDNN && window.axes() != 2) {
            throw definitionError("CuDNNConvolution input must have 2 spatial axes (e.g., height and width), it has " + window.axes()
                    + ". Use 'engine: CAFFE' for general ND convolution.");
        }
    }

    @Override
    public void reshape(List<Blob> bottom, List<Blob> top) {
        Blob first = bottom.get(0);
        if (first.numAxes() != numAxes) {
            throw new ShapeException(where() + "bottom num_axes may not change: it was " + numAxes + ", bottom now has shape " + first.shapeString());
        }
        if (first.shape(window.channelAxis()) != channels) {
            throw new ShapeException(where() + "Input size incompatible with convolution kernel: the weights take " + channels
                    + " channels, bottom has shape " + first.shapeString());
        }
        for (Blob other : bottom) {
            if (!other.sameShape(first)) {
                throw new ShapeException(where() + "All inputs must have the same shape: bottom[0] has " + first.shapeString() + ", another has "
                        + other.shapeString());
            }
        }
        long[] spatial = transposed() ? window.deconvolved(first, where()) : window.convolved(first, where());
        long[] shape = Arrays.copyOf(first.shape(), numAxes);
        shape[window.channelAxis()] = outputs();
        System.arraycopy(spatial, 0, shape, window.channelAxis() + 1, spatial.length);
        top.forEach(blob -> blob.reshape(shape));
    }

    @Override
    public Operation operation(List<Blob> bottom, List<Blob> top) {
        int axes = window.axes();
        return bottom.size() == 1 && window.channelAxis() == 1 && axes >= 1 && axes <= 3 && !Native.convolution_overruns(operation())
                ? new Operation.Convolution(weight(), bias(), outputs(), Integer.toUnsignedLong(settings.getGroup()), window.kernel(),
                        window.stride(), window.pad(), window.dilation(), transposed())
                : null;
    }

    final ConvolutionHandle operation() {
        return operation.get();
    }

    @Override
    public void close() {
        super.close();
        if (operation != null) {
            operation.close();
        }
    }
}
