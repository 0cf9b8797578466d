/** The ports of an appliance: plans, what is wrong with them, and how Lango tells root what it wishes. */
export { faultsOf, isFeasible } from './faults.ts'
export { NAS_ADDRESS, NAS_COA_PORT } from './pppoe.ts'
export { networkPlanSchema, STARRED } from './plan.ts'
export { readPorts } from './ports.ts'
export { networkOnFiles } from './wishes.ts'
