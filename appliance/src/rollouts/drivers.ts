/** The driver of this room. */
export {
  bringFile,
  bringFromMikrotik,
  readSoftware,
  restart,
  takeAwayFiles,
  writeFirmware,
  type RouterosClient,
  type SoftwareFault,
} from '@lango/drivers/routeros'
