package org.caffe4j.tools.traininglog;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVPrinter;
import org.apache.commons.csv.CSVRecord;
import org.caffe4j.DataException;
import org.caffe4j.Net;
import org.caffe4j.io.AtomicFile;
import org.caffe4j.solver.OutputValue;
import org.caffe4j.solver.SGDSolver;
import org.caffe4j.solver.Solver;
import org.caffe4j.solver.SolverListener;
import org.caffe4j.tools.PythonNumbers;

/**
 * Writes the course of a training into a file for programs, a line at each display and at each test: iteration, seconds of training, lr,
 * and at a display loss (smoothed) and {@code train_<output>}, at a test {@code test_<output>}, for further test nets
 * {@code test1_<output>} and so on; outputs of several elements are numbered, {@code train_out[0]}.
 *
 * <p>As {@code .csv} every line has all columns, the ones of no meaning empty; as {@code .jsonl} it is a JSON object with those it has. Each
 * line reaches the file at once. A resumed training keeps the lines of the iterations before it and goes on behind them.
 */
public final class Metrics implements SolverListener, AutoCloseable {
    private static final CSVFormat CSV = CSVFormat.RFC4180.builder().setRecordSeparator('\n').build();
    private static final Gson JSON = new GsonBuilder().disableHtmlEscaping().serializeNulls().create();
    private static final String ITERATION = "iteration";
    private static final String SECONDS = "seconds";

    private final Path file;
    private final boolean json;
    private final boolean resumed;
    private Writer out;
    private List<String> columns;
    private double earlier;
    private long start;

    /**
     * @param file to write, {@code .csv} or {@code .jsonl}
     * @param resumed whether to go on with the file, if there is one; else it is written anew
     * @throws DataException if its name ends in something else or its folder is missing
     */
    public Metrics(Path file, boolean resumed) {
        this.file = file;
        this.resumed = resumed;
        json = file.toString().endsWith(".jsonl");
        if (!json && !file.toString().endsWith(".csv")) {
            throw new DataException("Metrics are written as .csv or .jsonl, but the name is " + file);
        }
        Path folder = file.toAbsolutePath().getParent();
        if (!Files.isDirectory(folder) || !Files.isWritable(folder)) {
            throw new DataException("Cannot write metrics to " + file + ": " + folder + " is no folder that can be written");
        }
    }

    @Override
    public void onStart(Solver solver) {
        open(solver);
    }

    @Override
    public void onDisplay(Solver solver, float smoothedLoss, List<OutputValue> outputs, double iterationsPerSecond) {
        Map<String, Float> values = new LinkedHashMap<>();
        values.put("loss", smoothedLoss);
        List<String> names = names("train_", outputs);
        for (int i = 0; i < names.size(); i++) {
            values.put(names.get(i), outputs.get(i).value());
        }
        write(solver, values);
    }

    @Override
    public void onTest(Solver solver, int net, List<OutputValue> outputs) {
        Map<String, Float> values = new LinkedHashMap<>();
        List<String> names = names(testPrefix(net), outputs);
        for (int i = 0; i < names.size(); i++) {
            values.put(names.get(i), outputs.get(i).value());
        }
        write(solver, values);
    }

    private static String testPrefix(int net) {
        return net == 0 ? "test_" : "test" + net + "_";
    }

    private static List<String> names(String prefix, List<OutputValue> outputs) {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < outputs.size(); i++) {
            String name = outputs.get(i).name();
            int first = i;
            while (first > 0 && outputs.get(first - 1).name().equals(name)) {
                first--;
            }
            boolean several = first < i || i + 1 < outputs.size() && outputs.get(i + 1).name().equals(name);
            names.add(prefix + name + (several ? "[" + (i - first) + "]" : ""));
        }
        return names;
    }

    private void write(Solver solver, Map<String, Float> values) {
        open(solver);
        Map<String, Object> row = new LinkedHashMap<>();
        row.put(ITERATION, solver.iteration());
        row.put(SECONDS, Math.round((earlier + (System.nanoTime() - start) / 1e9) * 1000) / 1000.0);
        if (solver instanceof SGDSolver sgd) {
            row.put("lr", sgd.learningRate());
        }
        row.putAll(values);
        try {
            out.write(json ? jsonLine(row) : csvLine(columns.stream().map(column -> text(row.get(column))).toList()));
            out.flush();
        } catch (IOException e) {
            throw failure(e);
        }
    }

    private static String jsonLine(Map<String, Object> row) {
        Map<String, Object> finite = new LinkedHashMap<>(row);
        finite.replaceAll((name, value) -> value instanceof Float number && !Float.isFinite(number) ? null : value);
        return JSON.toJson(finite) + "\n";
    }

    private static String csvLine(List<String> cells) throws IOException {
        StringWriter line = new StringWriter();
        try (CSVPrinter printer = new CSVPrinter(line, CSV)) {
            printer.printRecord(cells);
        }
        return line.toString();
    }

    private static String text(Object value) {
        return value == null ? "" : value instanceof Float number ? PythonNumbers.repr(number) : value.toString();
    }

    private void open(Solver solver) {
        if (out != null) {
            return;
        }
        columns = new ArrayList<>(List.of(ITERATION, SECONDS, "lr", "loss"));
        columns.addAll(names("train_", OutputValue.of(solver.net())));
        List<Net> tests = solver.testNets();
        for (int i = 0; i < tests.size(); i++) {
            columns.addAll(names(testPrefix(i), OutputValue.of(tests.get(i))));
        }
        try {
            StringBuilder kept = new StringBuilder(json ? "" : csvLine(columns));
            if (resumed && Files.exists(file)) {
                keep(Files.readString(file), solver.iteration(), kept);
            }
            AtomicFile.write(file, temporary -> Files.writeString(temporary, kept));
            out = Files.newBufferedWriter(file, StandardCharsets.UTF_8, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw failure(e);
        }
        start = System.nanoTime();
    }

    /** Takes over the whole lines of iterations before {@code iteration}, and the seconds of the last of them. */
    private void keep(String text, int iteration, StringBuilder kept) throws IOException {
        List<String> lines = text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
        if (!json && !lines.isEmpty() && !(lines.get(0) + "\n").equals(kept.toString())) {
            throw new DataException(file + " has other columns than this training would write: " + lines.get(0) + " instead of "
                    + kept.toString().strip() + "; name another file");
        }
        for (String line : json ? lines : lines.subList(Math.min(1, lines.size()), lines.size())) {
            double[] place = json ? jsonPlace(line) : csvPlace(line);
            if (place[0] < iteration) {
                kept.append(line).append('\n');
                earlier = place[1];
            }
        }
    }

    private double[] jsonPlace(String line) {
        try {
            JsonObject row = JSON.fromJson(line, JsonObject.class);
            return new double[] {row.get(ITERATION).getAsDouble(), row.get(SECONDS).getAsDouble()};
        } catch (JsonParseException | NullPointerException e) {
            throw new DataException(file + " has a line that is no metrics of a training: " + line, e);
        }
    }

    private double[] csvPlace(String line) throws IOException {
        try {
            CSVRecord row = CSV.parse(new StringReader(line)).getRecords().get(0);
            return new double[] {Double.parseDouble(row.get(0)), Double.parseDouble(row.get(1))};
        } catch (RuntimeException e) {
            throw new DataException(file + " has a line that is no metrics of a training: " + line, e);
        }
    }

    private DataException failure(IOException e) {
        return new DataException("Cannot write metrics to " + file + ": " + e, e);
    }

    /** Closes the file. */
    @Override
    public void close() {
        try {
            if (out != null) {
                out.close();
            }
        } catch (IOException e) {
            throw failure(e);
        }
    }
}
