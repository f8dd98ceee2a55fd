package org.caffe4j.tools;

import org.caffe4j.Device;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;

/** {@code caffe device_query}: the properties of the GPUs named by {@code --gpu}; of none without it, as in Caffe. */
@Command(description = "Shows the properties of the GPUs that --gpu names.", sortOptions = false)
final class DeviceQueryCommand extends BrewCommand {
    private static final Logger LOG = LoggerFactory.getLogger(DeviceQueryCommand.class);

    @Override
    public Integer call() {
        LOG.info("Querying GPUs {}", gpu);
        for (int id : Devices.ids(gpu)) {
            Device.cudaProperties(id).lines().forEach(LOG::info);
        }
        return 0;
    }
}
