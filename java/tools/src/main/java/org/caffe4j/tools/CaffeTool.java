package org.caffe4j.tools;

import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** A program of its own in Caffe, with arguments by position; a wrong number of them shows how it is used, exit code 1. */
abstract class CaffeTool extends ToolCommand {
    /** What it does and how it is called, in lines. */
    abstract String usage();

    /** Shows the usage; on stdout unless the tool logs it. */
    void showUsage() {
        System.out.println(usage());
    }

    /** True if as many arguments are taken. */
    static boolean takes(int count, CommandSpec command) {
        List<PositionalParamSpec> declared = command.positionalParameters();
        return count <= declared.size() && count >= declared.stream().filter(parameter -> parameter.arity().min() > 0).count();
    }
}
