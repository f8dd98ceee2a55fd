package org.caffe4j.bench;

import java.nio.file.Path;

/** Something that runs a net forward. Loaded once, run many times, by one thread. */
interface Engine extends AutoCloseable {
    /**
     * Loads the net that {@link NetFiles} wrote.
     *
     * @param threads how many threads a forward pass may use
     * @throws Exception if this engine cannot run the net; the message says why
     */
    void load(NetFiles net, int threads) throws Exception;

    /** One forward pass over a batch, with the result left readable on the host. */
    void run() throws Exception;

    /** Conversions between memory layouts that one pass made, or -1 where the engine does not count them. */
    default long reorders() {
        return -1;
    }

    /** First values of the output of the last pass, to compare engines by. */
    float[] output() throws Exception;

    @Override
    void close();

    /** The names that the command line knows. */
    enum Kind {
        OPTIMIZED("caffe4j"), DIRECT("caffe4j, no Winograd"), BF16("caffe4j, bf16"), INT8("caffe4j, int8"), LAYERS("caffe4j, not optimised"),
        PLAIN("caffe4j, engine: CAFFE"), OPENCV("OpenCV dnn"), ONNX("ONNX Runtime");

        final String title;

        Kind(String title) {
            this.title = title;
        }

        Engine make() {
            return switch (this) {
                case OPTIMIZED, DIRECT, BF16, INT8, LAYERS, PLAIN -> new CaffeEngine(this);
                case OPENCV -> new OpenCvEngine();
                case ONNX -> new OnnxEngine();
            };
        }
    }
}
