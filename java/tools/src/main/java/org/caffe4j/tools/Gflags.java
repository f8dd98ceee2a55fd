package org.caffe4j.tools;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.caffe4j.NearNames;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Arguments as gflags takes them. Flags and other arguments may be mixed; one dash is as good as two; {@code --f=v} and {@code --f v} are
 * the same; a boolean is {@code --f}, {@code --nof} or {@code --f=true}; {@code -} and {@code _} in names are the same; the last of
 * several settings of a flag counts; {@code --} ends the flags.
 *
 * @param flags the value of each flag that was set, by the name it has in the command
 * @param others the arguments that are no flags, in order
 */
record Gflags(Map<String, String> flags, List<String> others) {
    private static final Set<String> TRUE = Set.of("true", "t", "yes", "y", "1");
    private static final Set<String> FALSE = Set.of("false", "f", "no", "n", "0");

    /**
     * Reads arguments with the flags of a command.
     *
     * @throws UsageException for a flag that the command does not have, a missing value or a boolean that is none
     */
    static Gflags parse(List<String> arguments, CommandSpec command) {
        Map<String, String> flags = new LinkedHashMap<>();
        List<String> others = new ArrayList<>();
        for (int i = 0; i < arguments.size(); i++) {
            String argument = arguments.get(i);
            if (argument.equals("--")) {
                others.addAll(arguments.subList(i + 1, arguments.size()));
                break;
            }
            if (!argument.startsWith("-") || argument.equals("-")) {
                others.add(argument);
                continue;
            }
            String text = argument.substring(argument.startsWith("--") ? 2 : 1);
            int equals = text.indexOf('=');
            String name = equals < 0 ? text : text.substring(0, equals);
            String value = equals < 0 ? null : text.substring(equals + 1);
            OptionSpec option = find(name, command);
            if (option == null && value == null && name.startsWith("no") && isBoolean(find(name.substring(2), command))) {
                option = find(name.substring(2), command);
                value = "false";
            }
            if (option == null) {
                throw new UsageException("unknown command line flag '" + name + "'" + NearNames.hint(name, names(command)));
            }
            if (isBoolean(option)) {
                value = booleanValue(option, value);
            } else if (value == null) {
                if (++i == arguments.size()) {
                    throw new UsageException("flag '" + argument + "' is missing its argument; flag description: "
                            + String.join(" ", option.description()));
                }
                value = arguments.get(i);
            }
            flags.put(option.longestName(), value);
        }
        return new Gflags(flags, others);
    }

    /** The same arguments in the form that picocli takes: flags first, each with its value attached; a false boolean is left out. */
    String[] toPicocli(CommandSpec command) {
        List<String> result = new ArrayList<>();
        flags.forEach((name, value) -> {
            if (!isBoolean(command.findOption(name))) {
                result.add(name + "=" + value);
            } else if (value.equals("true")) {
                result.add(name);
            }
        });
        if (!others.isEmpty()) {
            result.add("--");
            result.addAll(others);
        }
        return result.toArray(String[]::new);
    }

    private static boolean isBoolean(OptionSpec option) {
        return option != null && option.arity().max() == 0;
    }

    private static String booleanValue(OptionSpec option, String value) {
        String lower = value == null ? "true" : value.toLowerCase(Locale.ROOT);
        if (TRUE.contains(lower)) {
            return "true";
        }
        if (FALSE.contains(lower)) {
            return "false";
        }
        throw new UsageException("illegal value '" + value + "' specified for bool flag '" + option.longestName().substring(2) + "'");
    }

    private static OptionSpec find(String name, CommandSpec command) {
        return command.options().stream()
                .filter(option -> Arrays.stream(option.names()).anyMatch(known -> plain(known).equals(plain(name))))
                .findFirst().orElse(null);
    }

    private static List<String> names(CommandSpec command) {
        return command.options().stream().map(option -> option.longestName().substring(2)).toList();
    }

    private static String plain(String name) {
        return name.replaceFirst("^-{1,2}", "").replace('-', '_');
    }
}
