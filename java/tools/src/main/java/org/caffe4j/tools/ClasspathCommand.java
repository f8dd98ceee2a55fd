package org.caffe4j.tools;

import java.io.File;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.caffe4j.CaffeException;
import picocli.CommandLine.Command;

/** {@code caffe classpath}: the class path of the library, for {@code java -cp "$(caffe classpath)" Program.java}. */
@Command(description = "Prints the class path for programs that use the library: java -cp \"$(caffe classpath)\" Program.java",
        sortOptions = false)
final class ClasspathCommand extends ToolCommand {
    @Override
    boolean answersInWords() {
        return true;
    }

    @Override
    public Integer call() throws URISyntaxException {
        Path program = Path.of(ClasspathCommand.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        Path libraries = program.resolveSibling("lib");
        if (Files.isRegularFile(program) && Files.isDirectory(libraries)) {
            System.out.println(program + File.pathSeparator + libraries + File.separator + "*");
        } else if (Files.isDirectory(program)) {
            System.out.println(System.getProperty("java.class.path"));
        } else {
            throw new CaffeException("There is no folder lib beside " + program + "; keep the jar in the folder it was assembled in.");
        }
        return 0;
    }
}
