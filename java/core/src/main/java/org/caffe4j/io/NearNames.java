package org.caffe4j.io;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** "Did you mean" hints for misspelt names in messages. */
public final class NearNames {
    private NearNames() {}

    /** {@code "; did you mean X or Y?"} with up to three known names that are near, or an empty text. */
    public static String hint(String name, Collection<String> known) {
        int reach = Math.max(2, name.length() / 3);
        List<String> near = known.stream()
                .filter(k -> distance(lower(name), lower(k)) <= reach)
                .sorted(Comparator.comparingInt(k -> distance(lower(name), lower(k))))
                .limit(3)
                .collect(Collectors.toList());
        return near.isEmpty() ? "" : "; did you mean " + String.join(" or ", near) + "?";
    }

    private static String lower(String s) {
        return s.toLowerCase(Locale.ROOT);
    }

    /** Levenshtein's edit distance. */
    static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int substituted = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(substituted, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }
}
