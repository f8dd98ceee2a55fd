package org.caffe4j.tools;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.caffe4j.CaffeException;
import org.caffe4j.NearNames;
import org.caffe4j.tools.log.Glog;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/**
 * The command line: {@code caffe <command> <args>}. Exit codes: 0 done, or usage shown; 1 anything that went wrong, after one line on
 * stderr that says what, where and what to do.
 */
public final class Caffe {
    private static final int OK = 0;
    private static final int FAILED = 1;

    private Caffe() {}

    /** Runs a command and ends the process with its exit code. */
    public static void main(String[] args) {
        int code = run(args);
        if (System.out.checkError() && code == OK) {
            System.err.println("ERROR: standard output did not take all that was printed: its disk is full, or its reader has ended");
            code = FAILED;
        }
        System.exit(code);
    }

    /**
     * Runs a command in this process.
     *
     * @param args the command and its flags
     * @return the exit code
     */
    public static int run(String... args) {
        List<String> rest = new ArrayList<>(List.of(args));
        try {
            if (rest.isEmpty() || isFlag(rest.get(0), "help", "h", "helpshort")) {
                System.out.print(usage());
                return OK;
            }
            if (isFlag(rest.get(0), "version")) {
                System.out.println("caffe version " + version());
                return OK;
            }
            String name = takeCommand(rest);
            if (name == null) {
                System.out.print(usage());
                return OK;
            }
            Commands.Entry entry = Commands.find(name);
            if (entry == null) {
                reportUnknown(name);
                return FAILED;
            }
            return execute(entry, rest);
        } catch (UsageException e) {
            System.err.println("ERROR: " + e.getMessage());
            return FAILED;
        } catch (CaffeException | IllegalArgumentException | IllegalStateException e) {
            Glog.fatal(e);
            return FAILED;
        } catch (Exception | LinkageError | OutOfMemoryError | StackOverflowError e) {
            Glog.fatal(e);
            System.err.println("This is not expected; GLOG_v=1 in the environment shows where it came from.");
            return FAILED;
        }
    }

    private static int execute(Commands.Entry entry, List<String> arguments) throws Exception {
        ToolCommand command = entry.make().get();
        CommandLine line = new CommandLine(command).setExpandAtFiles(false).setCommandName("caffe " + entry.name());
        Gflags flags = Gflags.parse(arguments, line.getCommandSpec());
        if (command.refusesArguments() && !flags.others().isEmpty()) {
            System.out.print(usage());
            return OK;
        }
        if (command instanceof CaffeTool tool && !flags.flags().containsKey("--help")
                && !CaffeTool.takes(flags.others().size(), line.getCommandSpec())) {
            tool.showUsage();
            return FAILED;
        }
        try {
            line.parseArgs(flags.toPicocli(line.getCommandSpec()));
        } catch (ParameterException e) {
            throw new UsageException(e.getMessage() + " (caffe " + entry.name() + " --help shows the flags)");
        }
        if (line.isUsageHelpRequested()) {
            command.ignoredFlags().forEach(flag -> hide(flag, line.getCommandSpec()));
            line.usage(System.out);
            return OK;
        }
        command.configureLog();
        Glog.setProgram(command instanceof BrewCommand ? "caffe" : entry.name());
        return command.call();
    }

    private static void hide(String flag, CommandSpec command) {
        OptionSpec option = command.findOption(flag);
        command.remove(option);
        command.addOption(OptionSpec.builder(option).hidden(true).build());
    }

    /** Takes the command out of the arguments. Caffe's flags may stand before it; null if nothing but flags is there. */
    private static String takeCommand(List<String> arguments) {
        if (!arguments.get(0).startsWith("-")) {
            return arguments.remove(0);
        }
        Gflags flags = Gflags.parse(arguments, new CommandLine(new DeviceQueryCommand()).getCommandSpec());
        if (flags.others().isEmpty()) {
            return null;
        }
        String name = flags.others().get(0);
        arguments.remove(name);
        return name;
    }

    private static void reportUnknown(String name) {
        Logger log = LoggerFactory.getLogger(Caffe.class);
        log.error("Available caffe actions:");
        Commands.names().forEach(known -> log.error("\t{}", known));
        Glog.fatal(new CaffeException("Unknown action: " + name + NearNames.hint(name, Commands.names())));
    }

    private static String usage() {
        StringBuilder text = new StringBuilder("caffe: command line brew\nusage: caffe <command> <args>\n\ncommands:\n");
        int width = Commands.names().stream().mapToInt(String::length).max().orElse(0) + 2;
        for (Commands.Entry entry : Commands.ALL) {
            text.append("  ").append(entry.name()).append(" ".repeat(width - entry.name().length())).append(entry.summary()).append('\n');
        }
        return text.append("\ncaffe <command> --help shows the flags of a command, caffe --version the version.\n").toString();
    }

    private static boolean isFlag(String argument, String... names) {
        for (String name : names) {
            if (argument.equals("-" + name) || argument.equals("--" + name)) {
                return true;
            }
        }
        return false;
    }

    /** The version of this program. */
    static String version() {
        try (InputStream in = Caffe.class.getResourceAsStream("version.txt")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            throw new CaffeException("The version cannot be read from the program's own jar.", e);
        }
    }
}
