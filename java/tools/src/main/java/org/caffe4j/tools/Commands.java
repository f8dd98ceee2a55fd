package org.caffe4j.tools;

import java.util.List;
import java.util.function.Supplier;

/** The commands of {@code caffe}. A command's class is loaded when it is made, so that the others cost no time. */
final class Commands {
    /** One command: its name, what it does in a line, and how it is made. */
    record Entry(String name, String summary, Supplier<ToolCommand> make) {}

    static final List<Entry> ALL = List.of(
            new Entry("train", "train or fine-tune a net", TrainCommand::new),
            new Entry("test", "score a net on its test data", TestCommand::new),
            new Entry("device_query", "show the properties of GPUs", DeviceQueryCommand::new),
            new Entry("time", "measure forward and backward time, layer by layer", TimeCommand::new),
            new Entry("classify", "print the most probable classes of images", ClassifyCommand::new),
            new Entry("detect", "classify windows of images", DetectCommand::new),
            new Entry("run", "run a net on NumPy arrays and write every blob", RunCommand::new),
            new Entry("convert_imageset", "make a database of a list of images", ConvertImagesetCommand::new),
            new Entry("compute_image_mean", "compute the mean image of a database", ComputeImageMeanCommand::new),
            new Entry("extract_features", "write what a net makes of its data to databases", ExtractFeaturesCommand::new),
            new Entry("upgrade_net_proto_text", "bring a net definition to the current format", UpgradeNetProtoTextCommand::new),
            new Entry("upgrade_net_proto_binary", "bring a .caffemodel to the current format", UpgradeNetProtoBinaryCommand::new),
            new Entry("upgrade_solver_proto_text", "bring a solver definition to the current format", UpgradeSolverProtoTextCommand::new),
            new Entry("convert_mnist_data", "make a database of the MNIST data set", ConvertMnistDataCommand::new),
            new Entry("convert_mnist_siamese_data", "make a database of pairs of MNIST images", ConvertMnistSiameseDataCommand::new),
            new Entry("convert_cifar_data", "make databases of the CIFAR-10 data set", ConvertCifarDataCommand::new),
            new Entry("draw_net", "draw a net as a picture", DrawNetCommand::new),
            new Entry("parse_log", "make tables of a training log", ParseLogCommand::new),
            new Entry("plot_log", "draw charts of training logs", PlotLogCommand::new),
            new Entry("classpath", "print the class path for programs that use the library", ClasspathCommand::new),
            new Entry("demo", "train LeNet on handwritten digits and look at what it learned", DemoCommand::new));

    private Commands() {}

    /** The command of that name, or null. */
    static Entry find(String name) {
        return ALL.stream().filter(entry -> entry.name().equals(name)).findFirst().orElse(null);
    }

    static List<String> names() {
        return ALL.stream().map(Entry::name).toList();
    }
}
