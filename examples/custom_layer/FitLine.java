import com.google.protobuf.TextFormat;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.ShapeException;
import org.caffe4j.layer.data.MemoryDataLayer;
import org.caffe4j.layer.loss.LossLayer;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.SolverParameter;
import org.caffe4j.solver.Solver;
import org.caffe4j.solver.SolverFactory;

/** Fits a line through points of which every tenth is far off, with a loss layer of its own that such points disturb little. */
public class FitLine {

    /**
     * Huber's loss (0): the mean over the items of d²/2 where |d| ≤ delta, else delta·(|d| − delta/2), d = prediction − target.
     * {@code param_str} is delta, 1 if empty. Gradient to the predictions only.
     */
    public static class HuberLossLayer extends LossLayer {
        private float delta;

        public HuberLossLayer(LayerParameter param, Context context) {
            super(param, context);
        }

        @Override
        public void setUp(List<Blob> bottom, List<Blob> top) {
            String text = param().getJavaParam().getParamStr();
            try {
                delta = text.isEmpty() ? 1 : Float.parseFloat(text);
            } catch (NumberFormatException e) {
                throw definitionError("param_str must be a number, but is \"" + text + "\"");
            }
        }

        @Override
        public void reshape(List<Blob> bottom, List<Blob> top) {
            super.reshape(bottom, top);
            if (bottom.get(0).count() != bottom.get(1).count()) {
                throw new ShapeException("predictions " + bottom.get(0).shapeString() + " and targets " + bottom.get(1).shapeString()
                        + " must have the same number of values");
            }
        }

        @Override
        public void forward(List<Blob> bottom, List<Blob> top) {
            FloatBuffer predictions = bottom.get(0).data().read();
            FloatBuffer targets = bottom.get(1).data().read();
            double sum = 0;
            for (int i = 0; i < predictions.limit(); i++) {
                double d = Math.abs(predictions.get(i) - targets.get(i));
                sum += d <= delta ? d * d / 2 : delta * (d - delta / 2);
            }
            top.get(0).data().set((float) (sum / bottom.get(0).shape(0)));
        }

        @Override
        public void backward(List<Blob> top, boolean[] propagateDown, List<Blob> bottom) {
            refuseLabelGradient(propagateDown);
            if (!propagateDown[0]) {
                return;
            }
            FloatBuffer predictions = bottom.get(0).data().read();
            FloatBuffer targets = bottom.get(1).data().read();
            FloatBuffer gradient = bottom.get(0).diff().overwrite();
            float scale = top.get(0).diff().read().get(0) / bottom.get(0).shape(0);
            for (int i = 0; i < gradient.limit(); i++) {
                float d = predictions.get(i) - targets.get(i);
                gradient.put(i, scale * Math.max(-delta, Math.min(delta, d)));
            }
        }
    }

    private static final String SOLVER = """
            base_lr: 0.5 lr_policy: "fixed" max_iter: 300 random_seed: 1 snapshot_after_train: false
            net_param {
              layer { name: "points" type: "MemoryData" top: "x" top: "y"
                memory_data_param { batch_size: 100 channels: 1 height: 1 width: 1 } }
              layer { name: "line" type: "InnerProduct" bottom: "x" top: "line" inner_product_param { num_output: 1 } }
              layer { name: "loss" type: "Java" bottom: "line" bottom: "y" top: "loss"
                java_param { class: "FitLine$HuberLossLayer" param_str: "0.1" } }
            }
            """;

    public static void main(String[] args) throws TextFormat.ParseException {
        // Started from its source, this class is known to its own class loader alone; compiled and on the class path, to all.
        Thread.currentThread().setContextClassLoader(FitLine.class.getClassLoader());
        float[] x = new float[100];
        float[] y = new float[100];
        Random random = new Random(1);
        for (int i = 0; i < x.length; i++) {
            x[i] = 2 * random.nextFloat() - 1;
            y[i] = i % 10 == 0 ? 50 : 2 * x[i] + 1;
        }
        try (Context context = Context.cpu();
             Solver solver = SolverFactory.create(TextFormat.parse(SOLVER, SolverParameter.class), context)) {
            ((MemoryDataLayer) solver.net().layerByName("points")).reset(x, y);
            solver.solve();
            List<Blob> line = solver.net().params().get("line");
            System.out.printf(Locale.ROOT, "y = %.2f x + %.2f%n", line.get(0).data().read().get(0), line.get(1).data().read().get(0));
        }
    }
}
