package org.caffe4j;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Positions of named things; of several with one name the last. */
final class NameIndex {
    private final String what;
    private final List<String> names;
    private final Map<String, Integer> positions = new HashMap<>();

    NameIndex(String what, List<String> names) {
        this.what = what;
        this.names = names;
        for (int i = 0; i < names.size(); i++) {
            positions.put(names.get(i), i);
        }
    }

    boolean has(String name) {
        return positions.containsKey(name);
    }

    /** @throws IllegalArgumentException if there is none of that name */
    int of(String name) {
        Integer position = positions.get(name);
        if (position == null) {
            throw new IllegalArgumentException("Unknown " + what + " name '" + name + "'" + NearNames.hint(name, names) + ". The net has "
                    + String.join(", ", names));
        }
        return position;
    }
}
