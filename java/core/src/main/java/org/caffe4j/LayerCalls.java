package org.caffe4j;

import java.util.List;
import java.util.function.Supplier;
import org.caffe4j.layer.FusingLayer;
import org.caffe4j.natives.EpilogueHandle;

/** Calls a layer for a net and makes every failure name the layer and its type, keeping the exception's kind. */
final class LayerCalls {
    private LayerCalls() {
    }

    static void setUp(NetLayer layer) {
        run(layer, () -> layer.layer.setUp(layer.bottoms, layer.tops));
    }

    static void reshape(NetLayer layer) {
        run(layer, () -> layer.layer.reshape(layer.bottoms, layer.tops));
    }

    static void forward(NetLayer layer) {
        run(layer, () -> layer.layer.forward(layer.bottoms, layer.tops));
    }

    /** Reshape and forward over other blobs than those that the net gave the layer. */
    static void forward(NetLayer layer, List<Blob> bottoms, List<Blob> tops) {
        run(layer, () -> {
            layer.layer.reshape(bottoms, tops);
            layer.layer.forward(bottoms, tops);
        });
    }

    /** See {@link FusingLayer#forward}. */
    static void forward(NetLayer layer, Blob bottom, Blob bias, Blob top, EpilogueHandle epilogue) {
        run(layer, () -> ((FusingLayer) layer.layer).forward(bottom, bias, top, epilogue));
    }

    static void backward(NetLayer layer) {
        run(layer, () -> layer.layer.backward(layer.tops, layer.propagateDown, layer.bottoms));
    }

    private static void run(NetLayer layer, Runnable call) {
        call(layer, () -> {
            call.run();
            return null;
        });
    }

    static <T> T call(NetLayer layer, Supplier<T> call) {
        try {
            return call.get();
        } catch (RuntimeException e) {
            String where = layer.layer.where();
            RuntimeException translated = NativeErrors.translate(e, where);
            if (translated instanceof CaffeException || String.valueOf(translated.getMessage()).startsWith(where)) {
                throw translated;
            } else if (translated instanceof IllegalStateException) {
                throw new IllegalStateException(where + translated.getMessage(), translated);
            } else if (translated instanceof IllegalArgumentException) {
                throw new IllegalArgumentException(where + translated.getMessage(), translated);
            }
            throw new CaffeException(where + translated, translated);
        }
    }
}
