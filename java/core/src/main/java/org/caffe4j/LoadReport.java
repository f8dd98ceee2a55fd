package org.caffe4j;

import java.util.List;

/**
 * What loading weights into a net did, by layer name.
 *
 * @param loaded layers that got their weights
 * @param missing layers of the net with weights that the source does not have; they keep the values they had
 * @param unused layers of the source that the net does not have
 */
public record LoadReport(List<String> loaded, List<String> missing, List<String> unused) {
    /** Copies the lists. */
    public LoadReport {
        loaded = List.copyOf(loaded);
        missing = List.copyOf(missing);
        unused = List.copyOf(unused);
    }
}
