package org.caffe4j.tools;

import org.caffe4j.graph.NetUpgrade;
import org.caffe4j.proto.NetParameter;

/** Upgrades a net. */
abstract class UpgradeNetCommand extends UpgradeCommand<NetParameter> {
    @Override
    Upgraded<NetParameter> upgrade(NetParameter net, String source) {
        NetUpgrade.Result result = NetUpgrade.upgradeWithResult(net, source);
        return new Upgraded<>(result.net(), result.changed(), result.complete());
    }

    @Override
    String type() {
        return "NetParameter";
    }
}
