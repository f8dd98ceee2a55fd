package org.caffe4j.tools;

import java.util.ArrayList;
import java.util.List;

/** A program for tests in processes of their own: runs several commands, each as it would run alone, and tells their exit codes. */
final class Several {
    /** What ends a command's arguments. */
    static final String THEN = "--then";

    private Several() {}

    /** Runs the commands. */
    public static void main(String[] arguments) {
        List<String> command = new ArrayList<>();
        for (String argument : arguments) {
            if (argument.equals(THEN)) {
                System.err.println("exit code " + Caffe.run(command.toArray(String[]::new)));
                command.clear();
            } else {
                command.add(argument);
            }
        }
    }
}
