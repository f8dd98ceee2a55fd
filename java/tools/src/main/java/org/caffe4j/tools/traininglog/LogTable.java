package org.caffe4j.tools.traininglog;

import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVPrinter;
import org.caffe4j.io.AtomicFile;
import org.caffe4j.tools.PythonNumbers;
import org.caffe4j.tools.traininglog.TrainingLog.Event;
import org.caffe4j.tools.traininglog.TrainingLog.Kind;

/**
 * The outputs of training, or of tests, as the table that Caffe's parse_log makes: a row for each iteration with columns NumIters, Seconds
 * (since the start, of the row's first output), LearningRate (the last one told before; in the first row that of the second) and one for
 * each output.
 *
 * <p>A row ends when it has as many columns as the first, or when the next iteration comes; so a second test net makes rows of its own. A
 * last row with fewer columns is left out.
 */
public final class LogTable {
    private static final List<String> HEAD = List.of("NumIters", "Seconds", "LearningRate");

    private final List<Map<String, Double>> rows = new ArrayList<>();

    private LogTable() {
    }

    /** The table of one kind of outputs, {@code TRAIN_OUTPUT} or {@code TEST_OUTPUT}. */
    public static LogTable of(TrainingLog log, Kind kind) {
        LogTable table = new LogTable();
        double rate = Double.NaN;
        Map<String, Double> row = null;
        for (Event event : log.events()) {
            if (event.kind() == Kind.LEARNING_RATE) {
                rate = event.value();
            } else if (event.kind() == kind) {
                if (row == null || row.get("NumIters") != event.iteration()) {
                    table.add(row);
                    row = new LinkedHashMap<>();
                    row.put("NumIters", (double) event.iteration());
                    row.put("Seconds", event.seconds());
                    row.put("LearningRate", rate);
                }
                row.put(event.name(), event.value());
            }
            if (row != null && !table.rows.isEmpty() && row.size() == table.rows.get(0).size()) {
                table.add(row);
                row = null;
            }
        }
        if (table.rows.isEmpty()) {
            table.add(row);
        }
        if (table.rows.size() > 1) {
            table.rows.get(0).put("LearningRate", table.rows.get(1).get("LearningRate"));
        }
        return table;
    }

    private void add(Map<String, Double> row) {
        if (row != null) {
            rows.add(row);
        }
    }

    /** The rows, each by column. */
    public List<Map<String, Double>> rows() {
        return rows;
    }

    /** Writes the table as Python's csv module does: lines end in CR LF, numbers are Python's; an output that a row lacks is empty. */
    public void write(Path file, String delimiter) {
        Set<String> columns = new LinkedHashSet<>(HEAD);
        rows.forEach(row -> columns.addAll(row.keySet()));
        AtomicFile.write(file, temporary -> {
            try (Writer out = Files.newBufferedWriter(temporary, StandardCharsets.ISO_8859_1);
                    CSVPrinter csv = new CSVPrinter(out, CSVFormat.EXCEL.builder().setDelimiter(delimiter).build())) {
                csv.printRecord(columns);
                for (Map<String, Double> row : rows) {
                    printRow(csv, columns, row);
                }
            }
        });
    }

    private static void printRow(CSVPrinter csv, Set<String> columns, Map<String, Double> row) throws IOException {
        for (String column : columns) {
            csv.print(row.containsKey(column) ? PythonNumbers.repr(row.get(column)) : null);
        }
        csv.println();
    }
}
