package org.caffe4j.tools;

import org.caffe4j.proto.DataParameter.DB;
import picocli.CommandLine.Option;

/** {@code --backend} of commands whose database is an LMDB unless it says otherwise. */
final class BackendFlag {
    @Option(names = "--backend", defaultValue = "lmdb", paramLabel = "lmdb|leveldb", description = "kind of database; default lmdb")
    private String name;

    /** The kind of database. @throws UsageException if there is no such kind */
    DB kind() {
        return Flags.backend(name);
    }
}
