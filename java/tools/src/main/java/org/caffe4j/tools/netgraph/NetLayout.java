package org.caffe4j.tools.netgraph;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.eclipse.elk.alg.layered.options.LayeredOptions;
import org.eclipse.elk.alg.layered.options.NodePlacementStrategy;
import org.eclipse.elk.alg.layered.options.OrderingStrategy;
import org.eclipse.elk.core.RecursiveGraphLayoutEngine;
import org.eclipse.elk.core.options.CoreOptions;
import org.eclipse.elk.core.options.Direction;
import org.eclipse.elk.core.options.EdgeLabelPlacement;
import org.eclipse.elk.core.options.EdgeRouting;
import org.eclipse.elk.core.options.PortConstraints;
import org.eclipse.elk.core.options.PortSide;
import org.eclipse.elk.core.util.BasicProgressMonitor;
import org.eclipse.elk.graph.ElkEdge;
import org.eclipse.elk.graph.ElkLabel;
import org.eclipse.elk.graph.ElkNode;
import org.eclipse.elk.graph.ElkPort;
import org.eclipse.elk.graph.util.ElkGraphUtil;

/** Places boxes and arrows in layers along the flow of the data, with the Eclipse Layout Kernel. */
final class NetLayout {
    private final ElkNode root = ElkGraphUtil.createGraph();
    private final Direction direction;
    private final Map<ElkNode, Map<String, ElkPort>> ports = new HashMap<>();

    NetLayout(Direction direction) {
        this.direction = direction;
        root.setProperty(CoreOptions.ALGORITHM, LayeredOptions.ALGORITHM_ID);
        root.setProperty(CoreOptions.DIRECTION, direction);
        root.setProperty(CoreOptions.EDGE_ROUTING, EdgeRouting.ORTHOGONAL);
        root.setProperty(CoreOptions.SPACING_NODE_NODE, 22.0);
        root.setProperty(CoreOptions.SPACING_EDGE_LABEL, 2.0);
        root.setProperty(LayeredOptions.SPACING_EDGE_NODE, 14.0);
        root.setProperty(LayeredOptions.SPACING_EDGE_EDGE, 10.0);
        root.setProperty(LayeredOptions.SPACING_NODE_NODE_BETWEEN_LAYERS, 24.0);
        root.setProperty(LayeredOptions.SPACING_EDGE_NODE_BETWEEN_LAYERS, 12.0);
        root.setProperty(LayeredOptions.NODE_PLACEMENT_STRATEGY, NodePlacementStrategy.NETWORK_SIMPLEX);
        root.setProperty(LayeredOptions.CONSIDER_MODEL_ORDER_STRATEGY, OrderingStrategy.NODES_AND_EDGES);
        root.setProperty(LayeredOptions.CROSSING_MINIMIZATION_FORCE_NODE_MODEL_ORDER, true);
    }

    /** Adds a box of that size. */
    ElkNode node(double width, double height) {
        ElkNode node = ElkGraphUtil.createNode(root);
        node.setDimensions(width, height);
        node.setProperty(CoreOptions.PORT_CONSTRAINTS, PortConstraints.FIXED_SIDE);
        return node;
    }

    /** Adds an arrow; those that carry one blob away from a box leave it at one place, and the first of them shows the text. */
    void edge(ElkNode from, ElkNode to, String blob, String text, double textWidth, double textHeight) {
        Map<String, ElkPort> ofNode = ports.computeIfAbsent(from, node -> new HashMap<>());
        ElkPort port = ofNode.computeIfAbsent(blob, name -> {
            ElkPort made = ElkGraphUtil.createPort(from);
            made.setProperty(CoreOptions.PORT_SIDE, PortSide.fromDirection(direction));
            return made;
        });
        ElkEdge edge = ElkGraphUtil.createSimpleEdge(port, to);
        if (!text.isEmpty()) {
            ElkLabel label = ElkGraphUtil.createLabel(text, edge);
            label.setDimensions(textWidth, textHeight);
            label.setProperty(CoreOptions.EDGE_LABELS_PLACEMENT, EdgeLabelPlacement.CENTER);
            label.setProperty(CoreOptions.EDGE_LABELS_INLINE, direction.isVertical());
        }
    }

    void run() {
        new RecursiveGraphLayoutEngine().layout(root, new BasicProgressMonitor());
    }

    List<ElkEdge> edges() {
        return root.getContainedEdges();
    }

    double width() {
        return root.getWidth();
    }

    double height() {
        return root.getHeight();
    }
}
