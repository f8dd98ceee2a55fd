package org.caffe4j.tools.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.caffe4j.NetDefinitionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

class GlogTest {
    private static final Logger OWN = LoggerFactory.getLogger("org.caffe4j.Net");
    private static final Logger OTHER = LoggerFactory.getLogger("io.library.Reader");

    private final PrintStream standard = System.err;
    private final GlogSettings settings = Glog.settings();
    private final ByteArrayOutputStream captured = new ByteArrayOutputStream();

    @BeforeEach
    void capture() {
        System.setErr(new PrintStream(captured, true, StandardCharsets.UTF_8));
    }

    @AfterEach
    void restore() {
        Glog.status("");
        System.setErr(standard);
        Glog.configure(settings);
    }

    private String text() {
        return captured.toString(StandardCharsets.UTF_8);
    }

    @Test
    void linesHaveGlogsPrefixAndTheCallersPlace() {
        OWN.info("Iteration {}, lr = {}", 3, 0.05);
        assertTrue(text().matches("I\\d{4} \\d\\d:\\d\\d:\\d\\d\\.\\d{6} [ \\d]{4}\\d GlogTest\\.java:\\d+\\] Iteration 3, lr = 0\\.05\n"), text());
    }

    @Test
    void aMessageOfSeveralLinesHasOnePrefix() {
        OWN.warn("Initializing net from parameters: \nname: \"a\"\nlayer {\n}");
        assertTrue(text().matches("(?s)W[^\\n]*\\] Initializing net from parameters: \nname: \"a\"\nlayer \\{\n\\}\n"), text());
    }

    @Test
    void severitiesBelowTheLevelAreDropped() {
        Glog.configure(GlogSettings.of(Map.of("GLOG_minloglevel", "2")));
        OWN.info("a");
        OWN.warn("b");
        OWN.error("c");
        assertTrue(text().matches("E[^\\n]*\\] c\n"), text());
    }

    @Test
    void librariesAndDebugLinesShowOnlyWhenVerbose() {
        OTHER.info("opened");
        OWN.debug("detail");
        assertEquals("", text());
        OTHER.warn("odd");
        assertTrue(text().endsWith("] odd\n"), text());
        Glog.configure(GlogSettings.of(Map.of("GLOG_v", "1")));
        OTHER.info("opened");
        OWN.debug("detail");
        assertTrue(text().contains("] opened\n") && text().endsWith("] detail\n"), text());
    }

    @Test
    void aFailureIsOneLineAndHasItsTraceOnlyWhenVerbose() {
        Throwable failure = new NetDefinitionException("layer 'ip': no such thing");
        Glog.fatal(failure);
        assertTrue(text().matches("F[^\\n]* GlogTest\\.java:\\d+\\] layer 'ip': no such thing\n"), text());
        assertFalse(text().contains("\tat "));
        Glog.configure(GlogSettings.of(Map.of("GLOG_v", "1")));
        Glog.fatal(failure);
        assertTrue(text().contains("\tat " + GlogTest.class.getName()), text());
    }

    @Test
    void anUnexpectedFailureNamesItsKind() {
        Glog.fatal(new ArrayIndexOutOfBoundsException());
        assertTrue(text().endsWith("] java.lang.ArrayIndexOutOfBoundsException\n"), text());
    }

    @Test
    void theStatusLineStaysBelowTheLog() {
        Glog.status("50 %");
        OWN.info("line");
        Glog.status("");
        assertTrue(text().matches("(?s)\r\033\\[K50 %\r\033\\[KI[^\\n]*\\] line\n50 %\r\033\\[K"), text());
    }

    @Test
    void aLogFileIsNamedAndHeadedAsGlogDoes(@TempDir Path folder) throws IOException {
        GlogFile file = new GlogFile(folder.toString(), "convert_imageset", Severity.WARNING);
        file.write("W1123 07:44:54.123456     1 Solver.java:1] odd\n");
        Path link = folder.resolve("convert_imageset.WARNING");
        assertTrue(link.toRealPath().getFileName().toString().matches("convert_imageset\\..+\\.log\\.WARNING\\.\\d{8}-\\d{6}\\.\\d+"));
        String text = Files.readString(link);
        assertTrue(text.startsWith("Log file created at: "), text);
        assertTrue(text.endsWith("] odd\n"), text);
    }

    @Test
    void filesGetTheLinesOfTheirSeverityAndAbove(@TempDir Path folder) throws IOException {
        Glog.configure(GlogSettings.of(Map.of("GLOG_log_dir", folder.toString())));
        OWN.info("fine");
        OWN.error("broken");
        assertEquals(List.of("fine", "broken"), messages(folder.resolve("caffe.INFO")));
        assertEquals(List.of("broken"), messages(folder.resolve("caffe.WARNING")));
        assertEquals(List.of("broken"), messages(folder.resolve("caffe.ERROR")));
        assertFalse(Files.exists(folder.resolve("caffe.FATAL")));
    }

    private static List<String> messages(Path log) throws IOException {
        return Files.readAllLines(log).stream().skip(3).map(line -> line.replaceFirst("^.*\\] ", "")).toList();
    }

    @Test
    void settingsComeFromTheEnvironmentAndFlagsWin() {
        GlogSettings read = GlogSettings.of(Map.of("GLOG_v", "x", "GLOG_minloglevel", "1", "GLOG_log_dir", "/logs", "GLOG_logtostderr", "true"));
        assertEquals(new GlogSettings(1, 0, "/logs", true), read);
        assertEquals(new GlogSettings(1, 2, "/other", false), read.with(null, 2, "/other", "0"));
        assertEquals(read, read.with(null, null, null, null));
    }
}
