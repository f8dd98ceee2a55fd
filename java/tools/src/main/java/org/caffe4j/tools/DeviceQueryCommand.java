package org.caffe4j.tools;

import java.util.List;
import org.caffe4j.Device;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;

/** {@code caffe device_query}: the properties of the GPUs named by {@code --gpu}; of none without it, as in Caffe. */
@Command(description = "Shows the properties of the GPUs that --gpu names.", sortOptions = false)
final class DeviceQueryCommand extends BrewCommand {
    private static final Logger LOG = LoggerFactory.getLogger(DeviceQueryCommand.class);

    @Override
    List<String> ignoredFlags() {
        return List.of("--nolock", "--solver", "--model", "--phase", "--level", "--stage", "--snapshot", "--weights", "--iterations",
                "--sigint_effect", "--sighup_effect", "--threads");
    }

    @Override
    public Integer call() {
        LOG.info("Querying GPUs {}", gpu);
        for (int id : Devices.ids(gpu)) {
            Device.cudaProperties(id).lines().forEach(LOG::info);
        }
        return 0;
    }
}
