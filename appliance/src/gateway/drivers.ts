/** The driver of this process: the box itself does not load it. */
export {
  isHostName,
  isInterfaceName,
  readNetwork,
  readPrefix6,
  startLinuxGateway,
  withRange,
} from '@lango/drivers/linux-gateway'
