package org.caffe4j.tools;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

class GflagsTest {
    /** Flags of every kind. */
    static final class Flags {
        @Option(names = "--solver", description = "the solver definition")
        String solver;

        @Option(names = "--sigint_effect")
        String sigintEffect;

        @Option(names = "--iterations", defaultValue = "50")
        int iterations;

        @Option(names = "--noise")
        String noise;

        @Option(names = "--encoded")
        boolean encoded;

        @Parameters
        List<String> files;
    }

    private final Flags flags = new Flags();
    private final CommandLine line = new CommandLine(flags);
    private final CommandSpec command = line.getCommandSpec();

    private Gflags parse(String... arguments) {
        Gflags parsed = Gflags.parse(List.of(arguments), command);
        line.parseArgs(parsed.toPicocli(command));
        return parsed;
    }

    @ParameterizedTest
    @ValueSource(strings = {"--solver=a b.prototxt", "--solver|a b.prototxt", "-solver=a b.prototxt", "-solver|a b.prototxt",
        "--solver=x|--solver=a b.prototxt"})
    void everyFormOfAValue(String form) {
        assertEquals(Map.of("--solver", "a b.prototxt"), parse(form.split("\\|")).flags());
        assertEquals("a b.prototxt", flags.solver);
    }

    @ParameterizedTest
    @CsvSource({"--encoded,true", "-encoded,true", "--encoded=true,true", "--encoded=1,true", "-encoded=Y,true", "--noencoded,false",
        "-noencoded,false", "--encoded=false,false", "--encoded=0,false", "--encoded=no,false"})
    void everyFormOfABoolean(String form, boolean expected) {
        parse(form);
        assertEquals(expected, flags.encoded);
        parse("--encoded", form);
        assertEquals(expected, flags.encoded);
    }

    @Test
    void flagsAndOthersMixAndTwoDashesEndTheFlags() {
        Gflags parsed = parse("one", "--iterations", "7", "--encoded", "two", "-", "--", "--solver", "-x");
        assertEquals(List.of("one", "two", "-", "--solver", "-x"), parsed.others());
        assertEquals(7, flags.iterations);
        assertEquals(parsed.others(), flags.files);
        assertArrayEquals(new String[] {"--iterations=7", "--encoded", "--", "one", "two", "-", "--solver", "-x"}, parsed.toPicocli(command));
    }

    @Test
    void dashesInNamesAreUnderscoresAndValuesMayBeEmptyOrStartWithADash() {
        parse("--sigint-effect=", "--solver", "-7");
        assertEquals("", flags.sigintEffect);
        assertEquals("-7", flags.solver);
    }

    @Test
    void aNameThatStartsWithNoIsItself() {
        parse("--noise=low");
        assertEquals("low", flags.noise);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "--solvr=x | unknown command line flag 'solvr'; did you mean 'solver'?",
        "--qqqqqqqq | unknown command line flag 'qqqqqqqq'",
        "--nosolver | unknown command line flag 'nosolver'; did you mean 'solver'?",
        "--solver | flag '--solver' is missing its argument; flag description: the solver definition",
        "--encoded=perhaps | illegal value 'perhaps' specified for bool flag 'encoded'"})
    void mistakesSayWhat(String argument, String message) {
        assertEquals(message, assertThrows(UsageException.class, () -> parse(argument)).getMessage());
    }
}
