/** Do the routers that the box logs in to hold what they should? */
import type { RawDatabase } from '@lango/kernel/db'
import type { ControlStatus } from '@lango/modules/network'
import { fine, firstOf, found, type Check } from './check.ts'

/** A router that starts anew is away for a minute or two. */
const AWAY_MS = 180_000

export const checkControls = (reader: RawDatabase, statuses: readonly ControlStatus[], now: number): Check[] => {
  if (statuses.length === 0) return []
  const nameOf = reader.prepare<[string], string>('SELECT name FROM routers WHERE id = ?').pluck()
  const failing = statuses.flatMap(({ routerId, fault, failingSince = 0 }) => {
    const isAway = fault?.why === 'unreachable' || fault?.why === 'silent'
    if (!fault || (isAway && now - failingSince < AWAY_MS)) return []
    return [{ name: nameOf.get(routerId) ?? '', why: fault.why, detail: fault.detail }]
  })
  const troubled = statuses.flatMap(({ routerId, fault, troubleCount }) =>
    !fault && troubleCount > 0 ? [{ name: nameOf.get(routerId) ?? '', customers: troubleCount }] : [],
  )
  const hotspots = statuses.flatMap(({ routerId, fault, hotspot }) => {
    const trouble = fault ? undefined : hotspot?.troubles[0]
    return trouble ? [{ name: nameOf.get(routerId) ?? '', what: trouble.what, said: trouble.said }] : []
  })
  if (failing.length === 0 && troubled.length === 0 && hotspots.length === 0) {
    const customers = statuses.reduce((sum, status) => sum + status.customers, 0)
    return [fine('router-control', `Customers with a fixed address who are held at their routers: ${customers}.`)]
  }
  return [
    ...(failing.length > 0
      ? [found('router-control', 'stopped', { type: 'routers-uncontrolled', ...firstOf(failing) })]
      : []),
    ...(troubled.length > 0
      ? [found('router-control', 'attention', { type: 'routers-troubled', ...firstOf(troubled) })]
      : []),
    ...(hotspots.length > 0
      ? [found('router-control', 'attention', { type: 'hotspots-troubled', ...firstOf(hotspots) })]
      : []),
  ]
}
