package org.caffe4j.tools;

import java.nio.file.Path;
import org.caffe4j.ModelFormatException;
import org.caffe4j.NetDefinitionException;
import org.caffe4j.tools.log.Glog;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Parameters;

/**
 * A command that brings a file to the current format. Exit codes as Caffe's: 0 done, or the file was current and was copied; 1 wrong
 * arguments, or a field that had no place any more was left out; 2 a file that cannot be read.
 */
abstract class UpgradeCommand<M> extends CaffeTool {
    private static final int PARTIAL = 1;
    private static final int UNREADABLE = 2;

    private final Logger log = LoggerFactory.getLogger(getClass());

    @Parameters(index = "0", paramLabel = "IN", description = "file to read")
    private Path in;

    @Parameters(index = "1", paramLabel = "OUT", description = "file to write; may be the same")
    private Path out;

    /** What an upgrade gave. */
    record Upgraded<M>(M message, boolean changed, boolean complete) {}

    /** Reads the file as it stands. */
    abstract M read(Path file);

    abstract Upgraded<M> upgrade(M message, String source);

    abstract void write(Path file, M message);

    /** The message's type. */
    abstract String type();

    /** {@code text} or {@code binary}. */
    abstract String form();

    @Override
    void showUsage() {
        log.error(usage());
    }

    @Override
    public Integer call() {
        M message;
        try {
            message = read(in);
        } catch (NetDefinitionException | ModelFormatException e) {
            log.error("Failed to parse input {} file as {}: {}", form(), type(), in);
            Glog.fatal(e);
            return UNREADABLE;
        }
        Upgraded<M> upgraded = upgrade(message, in.toString());
        if (!upgraded.changed()) {
            log.error("File already in latest proto format: {}", in);
        } else if (!upgraded.complete()) {
            log.error("Encountered error(s) while upgrading {}; see details above; what had no place was left out", in);
        }
        write(out, upgraded.message());
        log.info("Wrote upgraded {} {} proto to {}", type(), form(), out);
        return upgraded.complete() ? 0 : PARTIAL;
    }
}
