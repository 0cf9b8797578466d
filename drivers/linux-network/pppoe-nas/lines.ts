/** Lines that are up, as `lango-pppoe-up` has noted them: the environment pppd gave it, and when. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

export type Line = {
  readonly iface: string
  /** Of its pppd. */
  readonly pid: number
  readonly userName: string
  readonly ip: string
  /** Epoch seconds, when it was noted. */
  readonly notedSec: number
}

const IFACE = /^ppp\d{1,5}$/

const variables = (file: string): ReadonlyMap<string, string> =>
  new Map(
    readFileSync(file, 'utf8')
      .split('\0')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  )

const lineIn = (dir: string, iface: string): Line | undefined => {
  const file = join(dir, iface)
  try {
    const of = variables(file)
    const [pid, ip] = [Number(of.get('PPPD_PID')), of.get('IPREMOTE')]
    if (!Number.isSafeInteger(pid) || pid < 2 || ip === undefined) return undefined
    return { iface, pid, userName: of.get('PEERNAME') ?? '', ip, notedSec: Math.floor(statSync(file).mtimeMs / 1000) }
  } catch {
    // It went down meanwhile.
    return undefined
  }
}

export const readLines = (dir: string): readonly Line[] =>
  readdirSync(dir)
    .filter((name) => IFACE.test(name))
    .flatMap((name) => lineIn(dir, name) ?? [])

/** Whom an order means: every part of it that is told must fit. */
export type Target = { readonly sessionId?: string; readonly userName?: string; readonly ip?: string }

/** Its Start waits for an answer before the line is noted. */
const NOTED_LATE_SEC_MAX = 120
const NOTED_EARLY_SEC_MAX = 2

/**
 * pppd's RADIUS plugin knows its session id and tells nobody. Debian's makes it of the second in which the session
 * began: `%lX6b0108ad%hX` (its own printf knows no `l` and `h`). By that an order for a session that is over does not
 * end the one after it; an id of another make says nothing.
 */
const fitsId = (id: string, { notedSec }: Line): boolean => {
  const hex = /^%lX([0-9a-f]{8})%hX$/i.exec(id)?.[1]
  if (hex === undefined) return true
  const late = notedSec - Number.parseInt(hex, 16)
  return late >= -NOTED_EARLY_SEC_MAX && late <= NOTED_LATE_SEC_MAX
}

export const linesFor = (lines: readonly Line[], { sessionId, userName, ip }: Target): readonly Line[] =>
  lines.filter(
    (line) =>
      (userName === undefined || line.userName === userName) &&
      (ip === undefined || line.ip === ip) &&
      (sessionId === undefined || fitsId(sessionId, line)),
  )
