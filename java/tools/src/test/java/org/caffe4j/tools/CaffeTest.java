package org.caffe4j.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.caffe4j.Device;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CaffeTest {
    @ParameterizedTest
    @ValueSource(strings = {"", "--help", "-h", "--iterations=3", "device_query extra"})
    void withoutACommandOrWithTooManyTheUsageIsShown(String arguments) {
        CommandLineRun run = CommandLineRun.of(arguments.isEmpty() ? new String[0] : arguments.split(" "));
        assertEquals(0, run.code());
        assertTrue(run.out().startsWith("caffe: command line brew\nusage: caffe <command> <args>\n"), run.out());
        Commands.names().forEach(name -> assertTrue(run.out().contains("  " + name + " "), run.out()));
        assertEquals("", run.err());
    }

    @ParameterizedTest
    @ValueSource(strings = {"--version", "-version"})
    void version(String flag) {
        CommandLineRun run = CommandLineRun.of(flag);
        assertEquals(0, run.code());
        assertTrue(run.out().matches("caffe version \\d+\\.\\d+\\.\\d+\\S*\n"), run.out());
    }

    @Test
    void anUnknownActionListsTheActions() {
        CommandLineRun run = CommandLineRun.of("device_qery");
        assertEquals(1, run.code());
        assertEquals("Available caffe actions:", run.log().get(0));
        assertEquals(Commands.names().stream().map(name -> "\t" + name).toList(), run.log().subList(1, run.log().size() - 1));
        assertEquals("Unknown action: device_qery; did you mean 'device_query'?", run.log().get(run.log().size() - 1));
        assertTrue(run.err().lines().reduce((a, b) -> b).orElse("").startsWith("F"), run.err());
    }

    @Test
    void everyCommandShowsItsFlags() {
        for (String name : Commands.names()) {
            CommandLineRun run = CommandLineRun.of(name, "--help");
            assertEquals(0, run.code());
            assertTrue(run.out().startsWith("Usage: caffe " + name), run.out());
            assertEquals("", run.err());
        }
    }

    /** gflags are global: a command takes the flags of others too. */
    @Test
    void helpLeavesOutFlagsThatDoNothing() {
        CommandLineRun help = CommandLineRun.of("test", "--help");
        assertTrue(help.out().contains("--weights=FILES") && !help.out().contains("--snapshot") && !help.out().contains("--sigint_effect"),
                help.out());
        assertEquals(0, CommandLineRun.of("device_query", "--snapshot=x").code());
    }

    @ParameterizedTest
    @ValueSource(strings = {"device_query --gpus=0", "--gpus=0 device_query"})
    void anUnknownFlagIsOneLine(String arguments) {
        CommandLineRun run = CommandLineRun.of(arguments.split(" "));
        assertEquals(1, run.code());
        assertEquals(List.of("ERROR: unknown command line flag 'gpus'; did you mean 'gpu'?"), run.log());
    }

    @Test
    void aNumberThatIsNoneIsOneLine() {
        CommandLineRun run = CommandLineRun.of("device_query", "--iterations=many");
        assertEquals(1, run.code());
        assertEquals(1, run.log().size());
        assertTrue(run.err().startsWith("ERROR: Invalid value for option '--iterations': 'many' is not an int"), run.err());
    }

    @Test
    void deviceQueryWithoutGpusQueriesNone() {
        CommandLineRun run = CommandLineRun.of("device_query");
        assertEquals(0, run.code());
        assertEquals(List.of("Querying GPUs "), run.log());
    }

    @ParameterizedTest
    @ValueSource(strings = {"device_query --gpu=0", "-gpu all device_query", "device_query -gpu 0,1"})
    void aGpuThatIsNotThereIsOneLine(String arguments) {
        Assumptions.assumeTrue(Device.cudaCount() == 0, "this machine has a GPU");
        CommandLineRun run = CommandLineRun.of(arguments.split(" "));
        assertEquals(1, run.code());
        assertEquals(2, run.log().size());
        assertTrue(run.log().get(1).contains(Device.cudaUnavailabilityCause()), run.err());
    }

    @Test
    void theLogLevelHidesLinesButNeverTheLastOne() {
        CommandLineRun run = CommandLineRun.of("device_query", "--gpu=7777", "--minloglevel=3");
        assertEquals(1, run.code());
        assertEquals(1, run.log().size());
        assertTrue(run.err().startsWith("F"), run.err());
    }
}
