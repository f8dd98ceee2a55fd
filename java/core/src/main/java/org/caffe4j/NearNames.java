package org.caffe4j;

import java.util.Collection;
import java.util.Locale;

/** Finds the names that a mistyped one may have meant, for the hint at the end of an error message. */
public final class NearNames {
    private NearNames() {
    }

    /**
     * A hint such as {@code "; did you mean 'kernel_size'?"}, or the empty string when no known name is near. Near is an edit distance,
     * blind to upper and lower case, of at most a third of the name's length (at least one edit).
     */
    public static String hint(String name, Collection<String> known) {
        String wanted = name.toLowerCase(Locale.ROOT);
        int limit = Math.max(1, wanted.length() / 3);
        String best = null;
        for (String candidate : known) {
            int distance = distance(wanted, candidate.toLowerCase(Locale.ROOT));
            if (distance <= limit) {
                limit = distance - 1;
                best = candidate;
            }
        }
        return best == null ? "" : "; did you mean '" + best + "'?";
    }

    private static int distance(String a, String b) {
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
                row[j] = Math.min(substituted, Math.min(row[j - 1], diagonal) + 1);
            }
        }
        return row[b.length()];
    }
}
