/** The driver of this process: the box itself does not load it. */
export { isHostName, isInterfaceName, readNetwork, startLinuxGateway } from '@lango/drivers/linux-gateway'
