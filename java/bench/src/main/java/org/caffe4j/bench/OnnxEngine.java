package org.caffe4j.bench;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Map;

/** ONNX Runtime's Java package, on the net as an ONNX file, with all its graph optimisations. */
final class OnnxEngine implements Engine {
    private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
    private OrtSession session;
    private Map<String, OnnxTensor> inputs;
    private float[] output;

    @Override
    public void load(NetFiles files, int threads) throws OrtException {
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(threads);
            options.setInterOpNumThreads(1);
            options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
            session = environment.createSession(files.onnx().toString(), options);
        }
        String name = session.getInputNames().iterator().next();
        long[] shape = ((TensorInfo) session.getInputInfo().get(name).getInfo()).getShape();
        int count = 1;
        for (long dim : shape) {
            count = Math.toIntExact(count * dim);
        }
        FloatBuffer values = ByteBuffer.allocateDirect(4 * count).order(ByteOrder.nativeOrder()).asFloatBuffer();
        Inputs.fill(values.duplicate());
        inputs = Map.of(name, OnnxTensor.createTensor(environment, values, shape));
    }

    @Override
    public void run() throws OrtException {
        try (OrtSession.Result result = session.run(inputs)) {
            FloatBuffer values = ((OnnxTensor) result.get(0)).getFloatBuffer();
            output = new float[Math.min(Inputs.COMPARED, values.remaining())];
            values.get(output);
        }
    }

    @Override
    public float[] output() {
        return output;
    }

    @Override
    public void close() {
        try {
            if (session != null) {
                session.close();
            }
        } catch (OrtException e) {
            throw new IllegalStateException(e);
        }
    }
}
