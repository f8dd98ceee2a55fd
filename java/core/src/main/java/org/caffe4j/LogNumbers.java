package org.caffe4j;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/** Numbers as Caffe's log lines show them: six significant digits, as a C++ stream prints by default ({@code 0.05}, {@code 1e-05}). */
public final class LogNumbers {
    private static final int DIGITS = 6;

    private LogNumbers() {
    }

    /** The text of {@code value} in six significant digits. */
    public static String format(double value) {
        return format(value, DIGITS);
    }

    /** As C prints {@code %.<digits>g}: trailing zeros dropped, an exponent of at least two digits where one is needed; nan, inf, -inf. */
    public static String format(double value, int digits) {
        if (Double.isNaN(value)) {
            return "nan";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "inf" : "-inf";
        }
        if (value == 0) {
            return 1 / value < 0 ? "-0" : "0";
        }
        BigDecimal rounded = new BigDecimal(value).round(new MathContext(digits, RoundingMode.HALF_EVEN)).stripTrailingZeros();
        int exponent = rounded.precision() - rounded.scale() - 1;
        if (exponent >= -4 && exponent < digits) {
            return rounded.toPlainString();
        }
        String mantissa = rounded.movePointLeft(exponent).toPlainString();
        int size = Math.abs(exponent);
        return mantissa + (exponent < 0 ? "e-" : "e+") + (size < 10 ? "0" : "") + size;
    }
}
