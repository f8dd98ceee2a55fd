package org.caffe4j;

import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What loading weights into a net did, by layer name.
 *
 * @param loaded layers that got their weights
 * @param missing layers of the net with weights that the source does not have; they keep the values they had
 * @param unused layers of the source that the net does not have
 */
public record LoadReport(List<String> loaded, List<String> missing, List<String> unused) {
    private static final Logger LOG = LoggerFactory.getLogger(LoadReport.class);

    /** Copies the lists. */
    public LoadReport {
        loaded = List.copyOf(loaded);
        missing = List.copyOf(missing);
        unused = List.copyOf(unused);
    }

    /** Warns of the layers that got no weights, if there are any. @param source what was loaded */
    public void warnOfMissing(Path source) {
        if (!missing.isEmpty()) {
            LOG.warn("{} has no weights for these layers, which keep their initial values: {}", source, String.join(", ", missing));
        }
    }
}
