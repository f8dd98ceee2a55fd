package org.caffe4j.tools;

import java.util.List;
import java.util.function.Supplier;

/** The commands of {@code caffe}. A command's class is loaded when it is made, so that the others cost no time. */
final class Commands {
    /** One command: its name, what it does in a line, and how it is made. */
    record Entry(String name, String summary, Supplier<ToolCommand> make) {}

    static final List<Entry> ALL = List.of(
            new Entry("device_query", "show the properties of GPUs", DeviceQueryCommand::new));

    private Commands() {}

    /** The command of that name, or null. */
    static Entry find(String name) {
        return ALL.stream().filter(entry -> entry.name().equals(name)).findFirst().orElse(null);
    }

    static List<String> names() {
        return ALL.stream().map(Entry::name).toList();
    }
}
