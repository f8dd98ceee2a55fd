package org.caffe4j.tools;

import java.nio.file.Path;
import org.caffe4j.graph.SolverUpgrade;
import org.caffe4j.io.PrototxtReader;
import org.caffe4j.io.PrototxtWriter;
import org.caffe4j.proto.SolverParameter;
import picocli.CommandLine.Command;

/** {@code caffe upgrade_solver_proto_text}: a solver definition of any age in the current format. */
@Command(description = "Brings a solver definition (prototxt) of any age to the current format.", sortOptions = false)
final class UpgradeSolverProtoTextCommand extends UpgradeCommand<SolverParameter> {
    @Override
    String usage() {
        return "Usage: upgrade_solver_proto_text old_solver_proto_file_in solver_proto_file_out";
    }

    @Override
    SolverParameter read(Path file) {
        return PrototxtReader.read(file, SolverParameter.getDefaultInstance());
    }

    @Override
    Upgraded<SolverParameter> upgrade(SolverParameter solver, String source) {
        SolverParameter upgraded = SolverUpgrade.upgrade(solver, source);
        return new Upgraded<>(upgraded, !upgraded.equals(solver), true);
    }

    @Override
    void write(Path file, SolverParameter solver) {
        PrototxtWriter.write(file, solver);
    }

    @Override
    String type() {
        return "SolverParameter";
    }

    @Override
    String form() {
        return "text";
    }
}
