/** What a router says of itself. */
import { ok, type Result } from '@lango/kernel'
import type { RouterosFault } from './fault.ts'
import type { CallOptions, Session } from './request.ts'
import { parseDurationMs } from './values.ts'
import { parseVersion, type RouterosVersion } from './versions.ts'

export type RouterFacts = {
  readonly identity: string
  /** Undefined when what it says cannot be read; `versionText` is what it says. */
  readonly version: RouterosVersion | undefined
  readonly versionText: string
  readonly boardName: string
  readonly architecture: string
  readonly uptimeMs: number
  /** When this was read, and when the router started, on the monotonic clock. */
  readonly readAtMs: number
  readonly bootedAtMs: number
  /** How often the router was seen to have started anew. */
  readonly reboots: number
}

/** Uptime comes in whole seconds, late, and from another clock. */
const BOOT_TOLERANCE_MS = 30_000

export const readFacts = async (
  session: Session,
  monotonicMs: () => number,
  before: RouterFacts | undefined,
  call: CallOptions,
): Promise<Result<RouterFacts, RouterosFault>> => {
  const resource = await session.perform({ kind: 'print', menu: '/system/resource' }, call)
  if (!resource.ok) return resource
  const identity = await session.perform({ kind: 'print', menu: '/system/identity' }, call)
  if (!identity.ok) return identity
  const said = (name: string): string => resource.value.rows[0]?.[name] ?? ''
  const uptimeMs = parseDurationMs(said('uptime')) ?? 0
  const readAtMs = monotonicMs()
  const bootedAtMs = readAtMs - uptimeMs
  const isReboot = before !== undefined && hasRebooted(before, uptimeMs, bootedAtMs)
  return ok({
    identity: identity.value.rows[0]?.['name'] ?? '',
    version: parseVersion(said('version')),
    versionText: said('version'),
    boardName: said('board-name'),
    architecture: said('architecture-name'),
    uptimeMs,
    readAtMs,
    bootedAtMs,
    reboots: (before?.reboots ?? 0) + (isReboot ? 1 : 0),
  })
}

const hasRebooted = (before: RouterFacts, uptimeMs: number, bootedAtMs: number): boolean =>
  uptimeMs < before.uptimeMs || bootedAtMs - before.bootedAtMs > BOOT_TOLERANCE_MS
