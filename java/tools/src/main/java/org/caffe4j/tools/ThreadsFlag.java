package org.caffe4j.tools;

import picocli.CommandLine.Option;

/** {@code --threads} of commands that compute. */
final class ThreadsFlag {
    @Option(names = "--threads", defaultValue = "0", paramLabel = "N", description = "threads of the CPU to compute with; default all")
    private int count;

    /** How many; 0 for all. @throws UsageException if it is negative */
    int count() {
        if (count < 0) {
            throw new UsageException("illegal value '" + count + "' specified for flag 'threads': expected 0 (all) or more");
        }
        return count;
    }
}
