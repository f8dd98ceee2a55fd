package org.caffe4j;

import java.nio.FloatBuffer;
import java.util.List;
import org.caffe4j.layer.Layer;
import org.caffe4j.layer.LayerFactory;
import org.caffe4j.layer.loss.LossLayer;
import org.caffe4j.proto.LayerParameter;

/** Small layers for the tests of Net, written in plain Java; they are found as a user's own layers are. */
public final class TestLayers {
    private TestLayers() {
    }

    /** TestSource: no bottoms; every top has the shapes of input_param and holds 1, 2, 3 … times the number of the forward pass. */
    public static final class SourceFactory implements LayerFactory {
        @Override
        public String type() {
            return "TestSource";
        }

        @Override
        public Layer create(LayerParameter param, Context context) {
            return new Layer(param, context) {
                private int passes;

                @Override
                public int exactBottoms() {
                    return 0;
                }

                @Override
                public int minTops() {
                    return 1;
                }

                @Override
                public void reshape(List<Blob> bottom, List<Blob> top) {
                    top.forEach(t -> t.reshape(param().getInputParam().getShape(0).getDimList().stream().mapToLong(d -> d).toArray()));
                }

                @Override
                public void forward(List<Blob> bottom, List<Blob> top) {
                    passes++;
                    for (Blob blob : top) {
                        FloatBuffer values = blob.data().overwrite();
                        for (int i = 0; values.hasRemaining(); i++) {
                            values.put(passes * (i + 1f));
                        }
                    }
                }

                @Override
                public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
                    throw new IllegalStateException("TestSource has no gradient");
                }
            };
        }
    }

    /**
     * TestGain: y = Σw · x for one learned blob w of {@code parameter_param.shape} (default 1), filled with 2; in place allowed.
     * The gradient of every w_i is Σ dy·x of the top's values divided by Σw where in place.
     */
    public static final class GainFactory implements LayerFactory {
        @Override
        public String type() {
            return "TestGain";
        }

        @Override
        public Layer create(LayerParameter param, Context context) {
            return new Layer(param, context) {
                @Override
                public int exactBottoms() {
                    return 1;
                }

                @Override
                public int exactTops() {
                    return 1;
                }

                @Override
                public void setUp(List<Blob> bottom, List<Blob> top) {
                    List<Long> dims = param().getParameterParam().getShape().getDimList();
                    Blob gain = new Blob(context(), dims.isEmpty() ? new long[] {1} : dims.stream().mapToLong(d -> d).toArray());
                    gain.data().fill(2);
                    blobs().add(gain);
                }

                @Override
                public void reshape(List<Blob> bottom, List<Blob> top) {
                    top.get(0).reshapeLike(bottom.get(0));
                }

                private float gain() {
                    return (float) blobs().get(0).data().asum();
                }

                @Override
                public void forward(List<Blob> bottom, List<Blob> top) {
                    if (top.get(0) != bottom.get(0)) {
                        top.get(0).data().copyFrom(bottom.get(0).data());
                    }
                    top.get(0).data().scale(gain());
                }

                @Override
                public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
                    if (paramPropagateDown(0)) {
                        float g = (float) (top.get(0).data().dot(top.get(0).diff()) / gain());
                        FloatBuffer diff = blobs().get(0).diff().update();
                        for (int i = 0; i < diff.capacity(); i++) {
                            diff.put(i, diff.get(i) + g);
                        }
                    }
                    if (propagateDown[0]) {
                        if (top.get(0) != bottom.get(0)) {
                            bottom.get(0).diff().copyFrom(top.get(0).diff());
                        }
                        bottom.get(0).diff().scale(gain());
                    }
                }
            };
        }
    }

    /** TestSumLoss: the sum of all bottoms as a loss, with a top made automatically; no gradient to bottom 1 when forced. */
    public static final class SumLossFactory implements LayerFactory {
        @Override
        public String type() {
            return "TestSumLoss";
        }

        @Override
        public Layer create(LayerParameter param, Context context) {
            return new LossLayer(param, context) {
                @Override
                public int exactBottoms() {
                    return -1;
                }

                @Override
                public int minBottoms() {
                    return 1;
                }

                @Override
                public int maxBottoms() {
                    return 2;
                }

                @Override
                public void reshape(List<Blob> bottom, List<Blob> top) {
                    if (bottom.size() > 1) {
                        super.reshape(bottom, top);
                    } else {
                        top.get(0).reshape();
                    }
                }

                @Override
                public void forward(List<Blob> bottom, List<Blob> top) {
                    double sum = 0;
                    for (Blob blob : bottom) {
                        for (float value : blob.data().toArray()) {
                            sum += value;
                        }
                    }
                    top.get(0).data().set((float) sum);
                }

                @Override
                public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
                    for (int i = 0; i < bottom.size(); i++) {
                        if (propagateDown[i]) {
                            bottom.get(i).diff().fill(top.get(0).diff().toArray()[0]);
                        }
                    }
                }
            };
        }
    }

    /** TestFailing: fails in forward by an exception of the class python_param.layer with the message python_param.param_str. */
    public static final class FailingFactory implements LayerFactory {
        @Override
        public String type() {
            return "TestFailing";
        }

        @Override
        public Layer create(LayerParameter param, Context context) {
            return new Layer(param, context) {
                @Override
                public void reshape(List<Blob> bottom, List<Blob> top) {
                }

                @Override
                public void forward(List<Blob> bottom, List<Blob> top) {
                    String message = param().getPythonParam().getParamStr();
                    switch (param().getPythonParam().getLayer()) {
                        case "data" -> throw new DataException(message);
                        case "state" -> throw new IllegalStateException(message);
                        case "argument" -> throw new IllegalArgumentException(message);
                        default -> throw new RuntimeException(message);
                    }
                }

                @Override
                public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
                }
            };
        }
    }
}
