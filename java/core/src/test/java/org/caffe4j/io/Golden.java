package org.caffe4j.io;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files recorded from Caffe: small ones in the test resources, real models in a folder beside the checkout where there is one. */
public final class Golden {
    private Golden() {
    }

    /** A recorded case below {@code golden/} of the test resources. */
    public static Path resource(String name) {
        URL url = Golden.class.getResource("/golden/" + name);
        assertNotNull(url, "golden/" + name + " is not among the test resources");
        try {
            return Path.of(url.toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A real model's folder; the calling test is skipped, saying so, where the models are not at hand. */
    public static Path model(String name) {
        Path file = Path.of(System.getProperty("caffe4j.models", "../../../shared/models"), name);
        assumeTrue(Files.isDirectory(file), "no model folder " + file.toAbsolutePath().normalize() + " (set -Dcaffe4j.models)");
        return file;
    }
}
