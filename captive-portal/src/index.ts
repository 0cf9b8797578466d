export { mikrotikFiles } from './mikrotik-files.ts'
export { createPortal } from './portal.ts'
export type { GateLook, PortalDeps } from './port.ts'
