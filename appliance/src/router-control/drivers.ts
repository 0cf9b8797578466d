/** The driver of this room: apart from those of the control side, which its thread need not load. */
export {
  createRouterosClient,
  enforceHotspot,
  enforceStatic,
  newPagesMemory,
  removeHotspot,
  type DesiredHotspot,
  type HotspotOutcome,
  type RouterosClient,
  type RouterosFault,
  type StaticCustomer,
  type StaticOutcome,
} from '@lango/drivers/routeros'
