package org.caffe4j.tools;

import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVPrinter;
import org.apache.commons.csv.CSVRecord;
import org.caffe4j.Context;
import org.caffe4j.DataException;
import org.caffe4j.classify.Classifier;
import org.caffe4j.classify.Detector;
import org.caffe4j.classify.Detector.Box;
import org.caffe4j.classify.Detector.Detection;
import org.caffe4j.data.MeanImage;
import org.caffe4j.io.AtomicFile;
import org.caffe4j.io.Hdf5Writer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code caffe detect}: the values of all classes for windows of images, as Caffe's detect.py with {@code --crop_mode=list}. The windows are
 * the rows of a table with columns filename, ymin, xmin, ymax, xmax, in any order. The result is a table with columns filename, ymin, xmin,
 * ymax, xmax, class0, class1, … or an HDF5 file with datasets filename, window (N×4: ymin, xmin, ymax, xmax) and prediction (N×classes).
 */
@Command(description = "Classifies windows of images: those in the rows of a table (.csv) with columns filename, ymin, xmin, ymax, xmax.",
        sortOptions = false)
final class DetectCommand extends ImageCommand {
    private static final List<String> COLUMNS = List.of("filename", "ymin", "xmin", "ymax", "xmax");

    @Option(names = "--crop_mode", defaultValue = "selective_search", paramLabel = "list", description = "where windows come from: list, the"
            + " table; selective_search, Caffe's default, needs MATLAB code and is not there")
    private String cropMode;

    @Option(names = "--context_pad", defaultValue = "16", paramLabel = "N",
            description = "pixels of surroundings on each side of a window in the net's input; default 16")
    private int contextPad;

    @Parameters(index = "0", paramLabel = "INPUT.csv", description = "the windows")
    private Path input;

    @Parameters(index = "1", paramLabel = "OUTPUT", description = "file to write: .csv, or HDF5 under any other name")
    private Path result;

    /** A row of the result. */
    private record Row(String file, Detection detection) {
    }

    @Override
    public Integer call() {
        if (!cropMode.equals("list")) {
            throw new UsageException(cropMode.equals("selective_search")
                    ? "selective search, Caffe's default, runs MATLAB code that is no part of caffe4j; propose windows with another program,"
                        + " write them as a table and give --crop_mode=list"
                    : "illegal value '" + cropMode + "' specified for flag 'crop_mode': expected list");
        }
        try (Context context = context()) {
            Classifier.Builder builder = scriptBuilder(context).optMeanOfInput(true);
            MeanImage subtracted = scriptMean();
            if (subtracted != null) {
                builder.optMean(subtracted.averaged());
            }
            try (Classifier classifier = builder.build()) {
                Detector detector = detector(classifier);
                System.out.println("Loading input...");
                Map<String, List<Box>> windows = readWindows();
                long start = System.nanoTime();
                List<Row> rows = detect(detector, windows);
                System.out.printf(Locale.ROOT, "Processed %d windows in %.3f s.%n", rows.size(), (System.nanoTime() - start) / 1e9);
                start = System.nanoTime();
                write(rows);
                System.out.printf(Locale.ROOT, "Saved to %s in %.3f s.%n", result, (System.nanoTime() - start) / 1e9);
            }
        }
        return 0;
    }

    private Detector detector(Classifier classifier) {
        try {
            return new Detector(classifier, contextPad);
        } catch (IllegalArgumentException e) {
            throw new UsageException("illegal value '" + contextPad + "' specified for flag 'context_pad': " + e.getMessage());
        }
    }

    private static List<Row> detect(Detector detector, Map<String, List<Box>> windows) {
        List<Row> rows = new ArrayList<>();
        try (Progress progress = Progress.of("Detecting", "images", windows.size(), false)) {
            int done = 0;
            for (Map.Entry<String, List<Box>> image : windows.entrySet()) {
                detector.detect(Path.of(image.getKey()), image.getValue()).forEach(found -> rows.add(new Row(image.getKey(), found)));
                progress.update(++done, "");
            }
        }
        return rows;
    }

    /** The windows of each image, images in the order in which they first come. */
    private Map<String, List<Box>> readWindows() {
        Map<String, List<Box>> windows = new LinkedHashMap<>();
        try (Reader text = Files.newBufferedReader(input, StandardCharsets.UTF_8);
                CSVParser table = CSVFormat.RFC4180.builder().setHeader().setSkipHeaderRecord(true).setTrim(true).build().parse(text)) {
            if (!table.getHeaderNames().containsAll(COLUMNS)) {
                throw new DataException(input + ": the first line must name the columns " + String.join(",", COLUMNS) + "; it names "
                        + String.join(",", table.getHeaderNames()));
            }
            for (CSVRecord row : table) {
                windows.computeIfAbsent(row.get("filename"), name -> new ArrayList<>()).add(new Box(number(row, "ymin"), number(row, "xmin"),
                        number(row, "ymax"), number(row, "xmax")));
            }
        } catch (IOException | IllegalArgumentException e) {
            throw new DataException("Cannot read the windows of " + input + ": " + e, e);
        }
        if (windows.isEmpty()) {
            throw new DataException(input + " has no windows");
        }
        return windows;
    }

    private int number(CSVRecord row, String column) {
        try {
            return (int) Double.parseDouble(row.get(column));
        } catch (NumberFormatException e) {
            throw new DataException(input + ", row " + row.getRecordNumber() + ": '" + row.get(column) + "' in column " + column
                    + " is no number", e);
        }
    }

    private void write(List<Row> rows) {
        if (result.toString().toLowerCase(Locale.ROOT).endsWith("csv")) {
            AtomicFile.write(result, temporary -> {
                try (Writer out = Files.newBufferedWriter(temporary, StandardCharsets.UTF_8);
                        CSVPrinter table = new CSVPrinter(out, CSVFormat.EXCEL.builder().setRecordSeparator('\n').build())) {
                    writeTable(rows, table);
                }
            });
            return;
        }
        int classes = rows.get(0).detection().prediction().length;
        FloatBuffer predictions = FloatBuffer.allocate(rows.size() * classes);
        rows.forEach(row -> predictions.put(row.detection().prediction()));
        new Hdf5Writer().strings("filename", rows.stream().map(Row::file).toList())
                .integers("window", rows.stream().map(row -> coordinates(row.detection().box())).toArray(int[][]::new))
                .floats("prediction", new long[] {rows.size(), classes}, predictions.flip()).write(result);
    }

    private static void writeTable(List<Row> rows, CSVPrinter table) throws IOException {
        List<String> columns = new ArrayList<>(COLUMNS);
        for (int i = 0; i < rows.get(0).detection().prediction().length; i++) {
            columns.add("class" + i);
        }
        table.printRecord(columns);
        for (Row row : rows) {
            table.print(row.file());
            for (int coordinate : coordinates(row.detection().box())) {
                table.print(coordinate);
            }
            for (float value : row.detection().prediction()) {
                table.print(PythonNumbers.repr(value));
            }
            table.println();
        }
    }

    private static int[] coordinates(Box box) {
        return new int[] {box.ymin(), box.xmin(), box.ymax(), box.xmax()};
    }
}
