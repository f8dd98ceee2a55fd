package org.caffe4j;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** For tests: collects what is logged between its making and its closing, through slf4j-simple's System.err. */
public final class CapturedLog implements AutoCloseable {
    private final PrintStream err = System.err;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    public CapturedLog() {
        System.setErr(new PrintStream(bytes, true, StandardCharsets.UTF_8));
    }

    /** The texts of the lines so far, without thread, level and logger. */
    public List<String> lines() {
        return bytes.toString(StandardCharsets.UTF_8).lines()
                .map(line -> line.replaceFirst("^\\[[^]]*] (INFO|WARN|ERROR) \\S+ - ", "")).toList();
    }

    @Override
    public void close() {
        System.setErr(err);
    }
}
