package org.caffe4j.tools;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.caffe4j.Phase;
import org.caffe4j.graph.StateFilter;
import org.caffe4j.io.PrototxtReader;
import org.caffe4j.proto.NetParameter;
import org.caffe4j.tools.netgraph.NetDrawing;
import org.caffe4j.tools.netgraph.NetGraph;
import org.caffe4j.tools.netgraph.NetShapes;
import org.caffe4j.tools.picture.Picture;
import org.eclipse.elk.core.options.Direction;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code caffe draw_net}: a picture of a net, as Caffe's draw_net.py: layers as boxes, blobs as arrows with their shapes. */
@Command(description = "Draws a net: layers as boxes, blobs as arrows with their shapes.", sortOptions = false)
final class DrawNetCommand extends ToolCommand {
    @Option(names = "--rankdir", defaultValue = "LR", paramLabel = "LR|TB|BT|RL", description = "direction of the data: default LR, left to right")
    private String rankdir;

    @Option(names = "--phase", defaultValue = "ALL", paramLabel = "ALL|TRAIN|TEST", description = "draw the layers of this phase; default ALL")
    private String phase;

    @Option(names = "--display_lrm", description = "show the learning-rate multipliers")
    private boolean displayLrm;

    @Parameters(index = "0", paramLabel = "PROTO", description = "the net definition (prototxt)")
    private Path proto;

    @Parameters(index = "1", paramLabel = "PICTURE", description = "file to write, .png or .svg")
    private Path picture;

    @Override
    boolean answersInWords() {
        return true;
    }

    @Override
    public Integer call() {
        Direction direction = direction();
        Phase wanted = phase.equalsIgnoreCase("ALL") ? null : Flags.phase(phase, null);
        Picture.checkName(picture);
        NetParameter net = PrototxtReader.readNet(proto);
        System.out.println("Drawing net to " + picture);
        NetShapes shapes = new NetShapes(net, wanted == null ? List.of(Phase.TRAIN, Phase.TEST) : List.of(wanted));
        NetParameter drawn = wanted == null ? net : StateFilter.filter(Flags.withState(net, wanted, net.getState().getLevel(), ""));
        Picture.guard(() -> new NetDrawing(NetGraph.of(drawn), shapes, direction, displayLrm).write(picture, title(drawn, wanted, shapes)));
        return 0;
    }

    private String title(NetParameter net, Phase wanted, NetShapes shapes) {
        List<String> parts = new ArrayList<>(List.of(net.getName().isEmpty() ? proto.getFileName().toString() : net.getName()));
        if (wanted != null) {
            parts.add("phase " + wanted);
        }
        parts.add(net.getLayerCount() + " layers");
        if (shapes.weights() > 0) {
            parts.add(String.format(Locale.ROOT, "%,d parameters", shapes.weights()));
        }
        return String.join("  ·  ", parts);
    }

    private Direction direction() {
        return switch (rankdir.toUpperCase(Locale.ROOT)) {
            case "LR" -> Direction.RIGHT;
            case "TB" -> Direction.DOWN;
            case "BT" -> Direction.UP;
            case "RL" -> Direction.LEFT;
            default -> throw new UsageException("illegal value '" + rankdir + "' specified for flag 'rankdir': expected LR, TB, BT or RL");
        };
    }
}
