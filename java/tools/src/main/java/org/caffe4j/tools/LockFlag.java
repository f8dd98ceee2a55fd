package org.caffe4j.tools;

import org.caffe4j.data.Database;
import picocli.CommandLine.Option;

/** {@code --nolock} of commands that open databases. */
final class LockFlag {
    @Option(names = "--nolock", order = ToolCommand.LAST, description = "open databases without their lock file, for file systems that have no"
            + " locks; safe only while no other program writes them")
    private void set(boolean value) {
        System.setProperty(Database.NO_LOCK, Boolean.toString(value));
    }
}
