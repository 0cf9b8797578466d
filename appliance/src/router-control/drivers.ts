/** The driver of this room: apart from those of the control side, which its thread need not load. */
export {
  createRouterosClient,
  enforceStatic,
  type RouterosClient,
  type RouterosFault,
  type StaticCustomer,
  type StaticOutcome,
} from '@lango/drivers/routeros'
