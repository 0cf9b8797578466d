/** The network of an appliance, as its driver reads and writes it. */
export {
  faultsOf,
  isFeasible,
  NAS_ADDRESS,
  NAS_COA_PORT,
  networkOnFiles,
  networkPlanSchema,
  readPorts,
  STARRED,
} from '@lango/drivers/linux-network'
