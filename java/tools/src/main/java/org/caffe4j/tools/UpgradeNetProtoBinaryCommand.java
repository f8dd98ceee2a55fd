package org.caffe4j.tools;

import java.io.BufferedOutputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.caffe4j.io.AtomicFile;
import org.caffe4j.io.PrototxtReader;
import org.caffe4j.proto.NetParameter;
import picocli.CommandLine.Command;

/** {@code caffe upgrade_net_proto_binary}: a net with its weights (caffemodel) of any age in the current format. */
@Command(description = "Brings a net with its weights (.caffemodel) of any age to the current format.", sortOptions = false)
final class UpgradeNetProtoBinaryCommand extends UpgradeNetCommand {
    @Override
    String usage() {
        return "Usage: upgrade_net_proto_binary v0_net_proto_file_in net_proto_file_out";
    }

    @Override
    NetParameter read(Path file) {
        return PrototxtReader.readBinary(file, NetParameter.getDefaultInstance());
    }

    @Override
    void write(Path file, NetParameter net) {
        AtomicFile.write(file, temporary -> {
            try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(temporary))) {
                net.writeTo(out);
            }
        });
    }

    @Override
    String form() {
        return "binary";
    }
}
