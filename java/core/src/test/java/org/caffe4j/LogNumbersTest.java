package org.caffe4j;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LogNumbersTest {
    @ParameterizedTest
    @CsvSource({"0,0", "-0.0,-0", "1,1", "0.05,0.05", "2.553651,2.55365", "0.25,0.25", "100000,100000", "1000000,1e+06", "123456.7,123457",
        "999999.5,1e+06", "0.0001,0.0001", "0.00009999999,0.0001", "0.00001,1e-05", "-0.000012345678,-1.23457e-05", "1e-45,1e-45",
        "3.4e38,3.4e+38",
        "NaN,nan", "Infinity,inf", "-Infinity,-inf", "1.5e100,1.5e+100"})
    void printsAsStream(double value, String expected) {
        assertEquals(expected, LogNumbers.format(value));
    }
}
