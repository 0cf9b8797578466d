/** What the box's own screen shows of a running box, and the way to another setup code. */
import { X509Certificate } from 'node:crypto'
import { ok, type Fault, type Result } from '@lango/kernel'
import { createSettings } from '@lango/modules/settings'
import type { SharedState } from '../aaa/shared-state.ts'
import type { Desk } from '../desk.ts'
import type { Site } from '../site.ts'
import type { StaffDoor } from '../staff-door.ts'

export type ConsoleFacts = {
  readonly siteName: string
  /** Undefined, `null` where it came over the socket: the box has an owner. */
  readonly setupCode?: string | null | undefined
  readonly isOwned: boolean
  readonly isServing: boolean
  readonly clockSure: boolean
  readonly now: number
  readonly sessionsOpen: number
  /** Where it listens; the fingerprint of its certificate where it speaks https, octets between colons. */
  readonly desk?: { readonly listen: string; readonly port: number; readonly fingerprint256?: string }
}

export type ConsoleDeps = {
  readonly site: Pick<Site, 'database' | 'clock'>
  readonly staffDoor: Pick<StaffDoor, 'credentials' | 'setupCode'>
  readonly state: SharedState
  readonly desk: () => Pick<Desk, 'at'> | undefined
}

/** Both are the console's alone (`action-rights.ts`). */
export const consoleActions = ({ site, staffDoor, state, desk }: ConsoleDeps) => {
  const { credentials, setupCode } = staffDoor
  const settings = createSettings(site.database.raw)
  const facts = (): ConsoleFacts => {
    return {
      siteName: settings().siteName,
      setupCode: setupCode?.shown(),
      isOwned: credentials.anyone(),
      isServing: state.get('storeFailing') !== 1,
      clockSure: site.clock.sure(),
      now: site.clock.now(),
      sessionsOpen: state.get('openSessions'),
      ...shownDesk(desk()),
    }
  }
  const newCode = (): Result<{ setupCode: string | undefined }, Fault> => {
    const made = setupCode?.renew()
    return made?.ok === false ? made : ok({ setupCode: made?.value })
  }
  return { 'box.console': () => ok(facts()), 'setup.newCode': newCode }
}

const shownDesk = (desk: Pick<Desk, 'at'> | undefined): Pick<ConsoleFacts, 'desk'> => {
  if (!desk) return {}
  const { certPem, ...at } = desk.at()
  const fingerprint = certPem === undefined ? {} : { fingerprint256: new X509Certificate(certPem).fingerprint256 }
  return { desk: { ...at, ...fingerprint } }
}
