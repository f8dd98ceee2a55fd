package org.caffe4j.tools;

import java.nio.file.Path;
import org.caffe4j.io.PrototxtReader;
import org.caffe4j.io.PrototxtWriter;
import org.caffe4j.proto.NetParameter;
import picocli.CommandLine.Command;

/** {@code caffe upgrade_net_proto_text}: a net definition of any age (prototxt) in the current format. */
@Command(description = "Brings a net definition (prototxt) of any age to the current format.", sortOptions = false)
final class UpgradeNetProtoTextCommand extends UpgradeNetCommand {
    @Override
    String usage() {
        return "Usage: upgrade_net_proto_text v0_net_proto_file_in net_proto_file_out";
    }

    @Override
    NetParameter read(Path file) {
        return PrototxtReader.read(file, NetParameter.getDefaultInstance());
    }

    @Override
    void write(Path file, NetParameter net) {
        PrototxtWriter.write(file, net);
    }

    @Override
    String form() {
        return "text";
    }
}
