package org.caffe4j.natives.presets;

import org.bytedeco.javacpp.annotation.Platform;
import org.bytedeco.javacpp.annotation.Properties;
import org.bytedeco.javacpp.tools.Info;
import org.bytedeco.javacpp.tools.InfoMap;
import org.bytedeco.javacpp.tools.InfoMapper;

/**
 * Tells JavaCPP which headers of {@code native/include} to bind, under which names, and which libraries to load first.
 *
 * <p>The presets of OpenBLAS and oneDNN are not inherited (the parser would then want their headers, and OpenCL's): their libraries are
 * loaded out of their jars before ours, so that libcaffe4j finds them by SONAME.
 */
@Properties(
        value = {
            @Platform(
                    value = {"linux-x86_64", "linux-arm64"},
                    include = {
                        "caffe4j/engine.h",
                        "caffe4j/context.h",
                        "caffe4j/device.h",
                        "caffe4j/tensor.h",
                        "caffe4j/accuracy.h",
                        "caffe4j/all_reduce.h",
                        "caffe4j/argmax.h",
                        "caffe4j/batch_norm.h",
                        "caffe4j/batch_reindex.h",
                        "caffe4j/bias.h",
                        "caffe4j/concat.h",
                        "caffe4j/contrastive_loss.h",
                        "caffe4j/epilogue.h",
                        "caffe4j/convolution.h",
                        "caffe4j/crop.h",
                        "caffe4j/dropout.h",
                        "caffe4j/elementwise.h",
                        "caffe4j/eltwise.h",
                        "caffe4j/embed.h",
                        "caffe4j/filler.h",
                        "caffe4j/hinge_loss.h",
                        "caffe4j/infogain_loss.h",
                        "caffe4j/inner_product.h",
                        "caffe4j/labels.h",
                        "caffe4j/lrn.h",
                        "caffe4j/multinomial_logistic_loss.h",
                        "caffe4j/mvn.h",
                        "caffe4j/pixel_transform.h",
                        "caffe4j/plan.h",
                        "caffe4j/pooling.h",
                        "caffe4j/prelu.h",
                        "caffe4j/recurrent.h",
                        "caffe4j/reduction.h",
                        "caffe4j/relu.h",
                        "caffe4j/scale.h",
                        "caffe4j/sigmoid_cross_entropy_loss.h",
                        "caffe4j/softmax.h",
                        "caffe4j/softmax_with_loss.h",
                        "caffe4j/solver_update.h",
                        "caffe4j/tile.h",
                        "caffe4j/timer.h",
                    },
                    link = "caffe4j",
                    preload = {"gcc_s@.1", "quadmath@.0", "gfortran@.5", "openblas@.0", "gomp@.1", "dnnl@.3"},
                    preloadresource = {"/org/bytedeco/openblas/", "/org/bytedeco/dnnl/"}),
            @Platform(value = {"linux-x86_64", "linux-arm64"}, extension = "-gpu")
        },
        target = "org.caffe4j.natives",
        global = "org.caffe4j.natives.Native")
public class caffe4j implements InfoMapper {
    @Override
    public void map(InfoMap infoMap) {
        infoMap.put(new Info("C4J_API").cppTypes().annotations());
        handle(infoMap, "Context");
        handle(infoMap, "Tensor");
        handle(infoMap, "BufferRef");
        handle(infoMap, "AllReduce");
        handle(infoMap, "BatchNorm");
        handle(infoMap, "Convolution");
        handle(infoMap, "Epilogue");
        handle(infoMap, "FrozenWeights");
        handle(infoMap, "InnerProduct");
        handle(infoMap, "Lstm");
        handle(infoMap, "Plan");
        handle(infoMap, "Pooling");
        handle(infoMap, "Rnn");
        handle(infoMap, "Timer");
    }

    /** An opaque C++ class, bound as {@code <name>Handle} so that it does not take the name of the Java class over it. */
    private static void handle(InfoMap infoMap, String name) {
        infoMap.put(new Info("caffe4j::" + name).pointerTypes(name.endsWith("Ref") ? name : name + "Handle"));
    }
}
