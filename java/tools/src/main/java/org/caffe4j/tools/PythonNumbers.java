package org.caffe4j.tools;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Locale;

/** Numbers as Caffe's Python scripts write them into tables. */
public final class PythonNumbers {
    private PythonNumbers() {
    }

    /** As NumPy prints a float32: the fewest digits that give it back. */
    public static String repr(float value) {
        return Float.isFinite(value) ? repr(Double.parseDouble(Float.toString(value))) : repr((double) value);
    }

    /** As Python's repr: the fewest digits that give the number back, an exponent below 1e-4 and from 1e16 on. */
    public static String repr(double value) {
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            return Double.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
        }
        BigDecimal exact = new BigDecimal(value);
        BigDecimal shortest = exact;
        for (int digits = 1; digits <= 17; digits++) {
            shortest = exact.round(new MathContext(digits, RoundingMode.HALF_EVEN));
            if (shortest.doubleValue() == value) {
                break;
            }
        }
        shortest = shortest.signum() == 0 ? BigDecimal.ZERO : shortest.stripTrailingZeros();
        int exponent = shortest.precision() - shortest.scale() - 1;
        if (shortest.signum() != 0 && (exponent < -4 || exponent >= 16)) {
            return String.format(Locale.ROOT, "%se%s%02d", shortest.movePointLeft(exponent).toPlainString(),
                    exponent < 0 ? "-" : "+", Math.abs(exponent));
        }
        String plain = (1 / value < 0 && value == 0 ? "-" : "") + shortest.toPlainString();
        return plain.contains(".") ? plain : plain + ".0";
    }
}
