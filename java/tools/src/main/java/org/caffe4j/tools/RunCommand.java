package org.caffe4j.tools;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.caffe4j.Blob;
import org.caffe4j.Context;
import org.caffe4j.DataException;
import org.caffe4j.NearNames;
import org.caffe4j.Net;
import org.caffe4j.Phase;
import org.caffe4j.ShapeException;
import org.caffe4j.io.FloatArray;
import org.caffe4j.io.Npz;
import org.caffe4j.io.PrototxtReader;
import org.caffe4j.proto.LayerParameter;
import org.caffe4j.proto.NetParameter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code caffe run}: runs a net once on arrays of a NumPy archive and writes every blob to another, to compare a model with activations
 * recorded elsewhere.
 *
 * <p>An array of the input sets the net's input blob of that name, values and shape; with {@code --backward} an array {@code <blob>.diff}
 * seeds the gradient of that output blob, and losses seed themselves. The output has each blob of the definition under its name (a
 * scalar has shape ()), and after {@code --backward} its gradient as {@code <blob>.diff} and those of parameters as
 * {@code <layer>.param<i>.diff}, all float32.
 */
@Command(description = "Runs a net once on the arrays of a NumPy archive and writes every blob to another one.", sortOptions = false)
final class RunCommand extends ToolCommand {
    private static final Logger LOG = LoggerFactory.getLogger(RunCommand.class);
    private static final String DIFF = ".diff";

    @Option(names = "--model", required = true, paramLabel = "FILE", description = "the net definition (prototxt)")
    private Path model;

    @Option(names = "--weights", defaultValue = "", paramLabel = "FILES", description = "trained weights, several separated by ','")
    private String weights;

    @Option(names = "--phase", defaultValue = "TEST", paramLabel = "TRAIN|TEST", description = "phase of the net; default TEST")
    private String phase;

    @Mixin
    private StateFlags state;

    @Option(names = "--input", paramLabel = "FILE", description = "archive (.npz) of the input blobs and the seeds <blob>.diff")
    private Path input;

    @Option(names = "--output", required = true, paramLabel = "FILE", description = "archive (.npz) to write")
    private Path output;

    @Option(names = "--backward", description = "run backward too")
    private boolean backward;

    @Mixin
    private ThreadsFlag threads;

    @Mixin
    private LockFlag lock;

    @Override
    public Integer call() {
        Phase wanted = Flags.phase(phase, Phase.TEST);
        Map<String, FloatArray> arrays = input == null ? Map.of() : Npz.read(input);
        NetParameter definition = PrototxtReader.readNet(model);
        try (Context context = Devices.open("", threads.count()); Net net = new Net(state.in(definition, wanted), context)) {
            Flags.load(net, weights);
            Map<String, FloatArray> seeds = setInputs(net, arrays);
            float loss = net.forward();
            if (backward) {
                net.clearParamDiffs();
                setSeeds(net, seeds);
                net.backward();
            }
            write(net, definition);
            LOG.info("Loss: {}; wrote {}", loss, output);
        }
        return 0;
    }

    /** Sets the input blobs and returns the arrays that are gradient seeds, by blob name. */
    private Map<String, FloatArray> setInputs(Net net, Map<String, FloatArray> arrays) {
        List<String> inputs = net.inputNames();
        Map<String, FloatArray> seeds = new LinkedHashMap<>();
        arrays.forEach((name, array) -> {
            int index = inputs.indexOf(name);
            if (index >= 0) {
                Blob blob = net.inputs().get(index);
                blob.reshape(array.shape());
                blob.data().set(array.values());
            } else if (name.endsWith(DIFF)) {
                seeds.put(name.substring(0, name.length() - DIFF.length()), array);
            } else {
                throw new DataException(input + ": array '" + name + "' has the name of no input blob of " + model + " (inputs: "
                        + (inputs.isEmpty() ? "none" : String.join(", ", inputs)) + ")" + NearNames.hint(name, inputs)
                        + "; remove it or name it <blob>.diff if it is a gradient");
            }
        });
        inputs.stream().filter(name -> !arrays.containsKey(name))
                .forEach(name -> LOG.warn("Input blob {} is in no array of {}; it stays zero", name, input));
        return seeds;
    }

    private void setSeeds(Net net, Map<String, FloatArray> seeds) {
        List<String> outputs = net.outputNames();
        seeds.forEach((name, array) -> {
            int index = outputs.indexOf(name);
            if (index < 0) {
                throw new DataException(input + ": array '" + name + DIFF + "' seeds the gradient of a blob that is no output of " + model
                        + " (outputs: " + String.join(", ", outputs) + ")" + NearNames.hint(name, outputs));
            }
            Blob blob = net.outputs().get(index);
            if (blob.count() != array.values().length) {
                throw new ShapeException(input + ": array '" + name + DIFF + "' has shape " + Blob.shapeString(array.shape())
                        + ", but output blob " + name + " has shape " + blob.shapeString());
            }
            blob.diff().set(array.values());
        });
    }

    private void write(Net net, NetParameter definition) {
        Set<String> layers = definition.getLayerList().stream().map(LayerParameter::getName).collect(Collectors.toSet());
        Map<String, Blob> blobs = new LinkedHashMap<>();
        for (int i = 0; i < net.layers().size(); i++) {
            // Layers that the definition does not have are the splits that the net inserted.
            if (layers.contains(net.layerNames().get(i))) {
                for (int j = 0; j < net.layerParam(i).getTopCount(); j++) {
                    blobs.put(net.topNames(i).get(j), net.tops(i).get(j));
                }
            }
        }
        Npz.write(output, false, sink -> {
            for (Map.Entry<String, Blob> entry : blobs.entrySet()) {
                sink.put(entry.getKey(), entry.getValue().shape(), entry.getValue().data().read());
            }
            if (backward) {
                for (Map.Entry<String, Blob> entry : blobs.entrySet()) {
                    sink.put(entry.getKey() + DIFF, entry.getValue().shape(), entry.getValue().diff().read());
                }
                writeParamDiffs(net, sink);
            }
        });
    }

    private static void writeParamDiffs(Net net, Npz.Sink sink) throws IOException {
        for (Map.Entry<String, List<Blob>> layer : net.params().entrySet()) {
            for (int i = 0; i < layer.getValue().size(); i++) {
                Blob param = layer.getValue().get(i);
                FloatBuffer diff = param.diff().read();
                sink.put(layer.getKey() + ".param" + i + DIFF, param.shape(), diff);
            }
        }
    }
}
