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

    /**
     * For nets that only compute: a layer without weights would make their output random.
     *
     * @param source what was loaded
     * @param net what it was loaded into
     * @param hint ends the message
     * @throws ModelFormatException if a layer got no weights; the message names those
     */
    public void requireComplete(Path source, Path net, String hint) {
        if (!missing.isEmpty()) {
            throw new ModelFormatException(source + " has no weights for the layers " + missing + " of " + net
                    + ", whose output would be random; the file's layers that the net does not have: " + unused + "; the names must be equal"
                    + hint);
        }
    }
}
