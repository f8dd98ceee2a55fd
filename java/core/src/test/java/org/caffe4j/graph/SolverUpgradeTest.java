package org.caffe4j.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.io.Golden;
import org.caffe4j.io.PrototxtReader;
import org.caffe4j.io.PrototxtWriter;
import org.caffe4j.proto.SolverParameter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SolverUpgradeTest {
    @Test
    void textAsCaffeUpgradesIt() throws IOException {
        Path folder = Golden.resource("tools/upgrade/solver");
        SolverParameter solver = PrototxtReader.parseSolver(Files.readString(folder.resolve("old.prototxt")), "old.prototxt");
        assertEquals(Files.readString(folder.resolve("expected.prototxt")), PrototxtWriter.print(solver));
    }

    @ParameterizedTest
    @CsvSource({"SGD,SGD", "NESTEROV,Nesterov", "ADAGRAD,AdaGrad", "RMSPROP,RMSProp", "ADADELTA,AdaDelta", "ADAM,Adam"})
    void everyEnumValueHasATypeName(String old, String name) {
        assertEquals(name, PrototxtReader.parseSolver("solver_type: " + old, "test").getType());
    }

    @Test
    void bothTypesAreRefused() {
        NetDefinitionException e = assertThrows(NetDefinitionException.class,
                () -> PrototxtReader.parseSolver("solver_type: SGD type: 'SGD'", "test"));
        assertTrue(e.getMessage().contains("solver_type"), e.getMessage());
    }

    @Test
    void embeddedNetsAreUpgraded() {
        SolverParameter solver = PrototxtReader.parseSolver("net_param { layers { type: RELU name: 'r' } }", "test");
        assertEquals("ReLU", solver.getNetParam().getLayer(0).getType());
    }

    @Test
    void snapshotPrefixIsCompleted(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("my.solver.prototxt");
        Files.writeString(file, "max_iter: 1");
        assertEquals(folder.resolve("my.solver").toString(), PrototxtReader.readSolver(file).getSnapshotPrefix());
        Files.writeString(file, "snapshot_prefix: '" + folder + "'");
        assertEquals(folder.resolve("my.solver").toString(), PrototxtReader.readSolver(file).getSnapshotPrefix());
        Files.writeString(file, "snapshot_prefix: '" + folder.resolve("snap") + "'");
        assertEquals(folder.resolve("snap").toString(), PrototxtReader.readSolver(file).getSnapshotPrefix());
        assertEquals("s", SolverUpgrade.completeSnapshotPrefix(SolverParameter.getDefaultInstance(), Path.of("s.prototxt"))
                .getSnapshotPrefix());
    }
}
