package org.caffe4j.io;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;

/** Small files of other programs that the tests of this package read; {@code io/} of the test resources. */
public final class TestFiles {
    private TestFiles() {
    }

    static Path resource(String name) {
        try {
            return Path.of(TestFiles.class.getResource("/io/" + name).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A Python that has the module; the calling test is skipped, saying so, where there is none. */
    public static String pythonWith(String module) {
        String python = System.getProperty("caffe4j.python", "python3");
        boolean found;
        try {
            found = new ProcessBuilder(python, "-c", "import " + module).redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor() == 0;
        } catch (IOException e) {
            found = false;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        assumeTrue(found, python + " cannot import " + module + " (set -Dcaffe4j.python)");
        return python;
    }
}
