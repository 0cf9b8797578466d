/**
 * What a router runs, and how it gets another version: by files that it fetches from where they are handed out, or
 * from MikroTik's own servers; in either case it installs them when it restarts (MikroTik "Upgrade", "Packages").
 *
 * Unconfirmed, and here alone: that `/system/package/downgrade` asks nothing when it is told by the API; that files of
 * the system need no `/system/package/apply-changes` from 7.18 on (the manual says to restart; tikoci/routeros-skills
 * says so of packages that are switched on); that a download from MikroTik's servers says `Downloaded` in the end; what
 * `/system/routerboard` of a virtual machine says (`routerboard: false`, or that there is no such menu).
 */
import { err, ok, type Result } from '@lango/kernel'
import type { RouterSoftware } from '@lango/modules/rollouts/port'
import type { RouterosClient } from './client.ts'
import { isMissing, type RouterosFault } from './fault.ts'
import type { CallOptions, Row, Session, Values } from './request.ts'
import { isOfSize } from './pages.ts'
import { parseDurationMs } from './values.ts'

/** A package is some 15 MB, and the line to a mast may carry 100 kB/s of it. */
const BRING_TIMEOUT_MS = 600_000
/** The router asks a server on the internet. */
const ASK_TIMEOUT_MS = 60_000

export type SoftwareFault =
  | RouterosFault
  /** What the router has is not what it should have fetched: cut off, or no room for it. */
  | { readonly type: 'NotBrought'; readonly name: string; readonly said: string }
  /** MikroTik's servers offer another version, or could not be asked. */
  | { readonly type: 'NotOffered'; readonly version: string; readonly said: string }

const isTrue = (text: string | undefined): boolean => text === 'true' || text === 'yes'

const rowsOf = async (session: Session, menu: string, properties: readonly string[], call: CallOptions) => {
  const read = await session.perform({ kind: 'print', menu, ...(properties.length > 0 && { properties }) }, call)
  // A menu that this router does not have has no rows.
  return !read.ok && isMissing(read.error) ? ok<readonly Row[]>([]) : read.ok ? ok(read.value.rows) : read
}

/** Those of a bundle come with it; what is not installed, or switched off, needs no file. */
const extraPackages = (rows: readonly Row[]): readonly string[] =>
  rows
    .filter(
      ({ name = '', bundle = '', disabled, available, version = '' }) =>
        !/^(?:routeros|system)/.test(name) &&
        bundle === '' &&
        version !== '' &&
        !isTrue(disabled) &&
        !isTrue(available),
    )
    .map(({ name }) => name!)

const firmwareOf = (row: Row | undefined): RouterSoftware['firmware'] => {
  const { 'current-firmware': current = '', 'upgrade-firmware': offered = '' } = row ?? {}
  return row && isTrue(row['routerboard']) && current !== '' && offered !== '' ? { current, offered } : undefined
}

export const readSoftware = async (
  session: Session,
  call: CallOptions = {},
): Promise<Result<RouterSoftware, RouterosFault>> => {
  const resource = await session.perform({ kind: 'print', menu: '/system/resource' }, call)
  if (!resource.ok) return resource
  const packages = await rowsOf(session, '/system/package', [], call)
  if (!packages.ok) return packages
  const board = await rowsOf(session, '/system/routerboard', [], call)
  if (!board.ok) return board
  const interfaces = await rowsOf(session, '/interface', ['name', 'type', 'running', 'dynamic', 'disabled'], call)
  if (!interfaces.ok) return interfaces
  const files = await rowsOf(session, '/file', ['name'], call)
  if (!files.ok) return files
  const said = (name: string): string => resource.value.rows[0]?.[name] ?? ''
  const names = files.value.map(({ name = '' }) => name)
  return ok({
    versionText: said('version'),
    architecture: said('architecture-name'),
    board: said('board-name'),
    uptimeMs: parseDurationMs(said('uptime')) ?? 0,
    freeDiskBytes: Number(said('free-hdd-space')) || 0,
    freeMemoryBytes: Number(said('free-memory')) || 0,
    hasFlash: names.includes('flash'),
    firmware: firmwareOf(board.value[0]),
    packages: extraPackages(packages.value),
    interfaces: interfaces.value
      .filter(({ dynamic, disabled }) => !isTrue(dynamic) && !isTrue(disabled))
      .map(({ name = '', type = '', running }) => ({ name, type, isRunning: isTrue(running) })),
    // In a folder it installs nothing.
    waitingFiles: names.filter((name) => /^[^/]+\.npk$/.test(name)),
  })
}

const run = (
  client: RouterosClient,
  menu: string,
  command: string,
  values: Values,
  call: CallOptions,
): ReturnType<RouterosClient['perform']> => client.perform({ kind: 'run', menu, command, values }, call)

const fileNamed = async (client: RouterosClient, name: string, call: CallOptions) => {
  const where = { name }
  const found = await client.perform({ kind: 'print', menu: '/file', where, properties: ['.id', 'name', 'size'] }, call)
  return found.ok ? ok(found.value.rows[0]) : found
}

/** Has the router fetch a file into its root, unless it has it already. Whole, or a fault. */
export const bringFile = async (
  client: RouterosClient,
  { name, url, sizeBytes }: { readonly name: string; readonly url: string; readonly sizeBytes: number },
  call: CallOptions = {},
): Promise<Result<void, SoftwareFault>> => {
  const before = await fileNamed(client, name, call)
  if (!before.ok) return before
  if (isOfSize(before.value?.['size'] ?? '', sizeBytes)) return ok()
  const values = { url, 'dst-path': name }
  const done = await run(client, '/tool', 'fetch', values, { timeoutMs: BRING_TIMEOUT_MS, ...call })
  if (!done.ok && done.error.type === 'Refused') return err({ type: 'NotBrought', name, said: done.error.message })
  // An answer that was lost says nothing of the file: it is there, or it is not.
  const after = await fileNamed(client, name, call)
  if (!after.ok) return after
  if (isOfSize(after.value?.['size'] ?? '', sizeBytes)) return ok()
  return done.ok ? err({ type: 'NotBrought', name, said: '' }) : done
}

/** Takes files off it that it has not installed: it would with its next restart, whenever that is. */
export const takeAwayFiles = async (
  client: RouterosClient,
  names: readonly string[],
  call: CallOptions = {},
): Promise<Result<void, RouterosFault>> => {
  for (const name of names) {
    const found = await fileNamed(client, name, call)
    if (!found.ok) return found
    const id = found.value?.['.id']
    const gone = id === undefined ? ok() : await client.perform({ kind: 'remove', menu: '/file', id }, call)
    if (!gone.ok && !isMissing(gone.error)) return gone
  }
  return ok()
}

const UPDATE = '/system/package/update'

/** Has the router ask MikroTik's servers; the version that they offer it in a channel. */
const offeredIn = async (
  client: RouterosClient,
  channel: string,
  call: CallOptions,
): Promise<Result<{ readonly version: string; readonly said: string }, RouterosFault>> => {
  const set = await client.perform({ kind: 'set', menu: UPDATE, values: { channel } }, call)
  if (!set.ok) return set
  const asked = await run(client, UPDATE, 'check-for-updates', {}, { timeoutMs: ASK_TIMEOUT_MS, ...call })
  if (!asked.ok && asked.error.type === 'Refused') return ok({ version: '', said: asked.error.message })
  if (!asked.ok) return asked
  const read = await client.perform({ kind: 'print', menu: UPDATE }, call)
  if (!read.ok) return read
  const { 'latest-version': version = '' } = read.value.rows[0] ?? {}
  return ok({ version, said: version === '' ? (asked.value.rows.at(-1)?.['status'] ?? '') : '' })
}

/** Has the router load what MikroTik's servers offer in a channel, where that is what is wanted; the version. */
export const bringFromMikrotik = async (
  client: RouterosClient,
  { channel, isWanted }: { readonly channel: string; readonly isWanted: (version: string) => boolean },
  call: CallOptions = {},
): Promise<Result<string, SoftwareFault>> => {
  const offered = await offeredIn(client, channel, call)
  if (!offered.ok) return offered
  const { version, said } = offered.value
  if (!isWanted(version)) return err({ type: 'NotOffered', version, said })
  const loaded = await run(client, UPDATE, 'download', {}, { timeoutMs: BRING_TIMEOUT_MS, ...call })
  if (!loaded.ok && loaded.error.type === 'Refused')
    return err({ type: 'NotBrought', name: version, said: loaded.error.message })
  if (!loaded.ok) return loaded
  const status = loaded.value.rows.at(-1)?.['status'] ?? ''
  return /^downloaded/i.test(status) ? ok(version) : err({ type: 'NotBrought', name: version, said: status })
}

/** What it fetched is installed meanwhile. That it does not answer any more says that it did as it was told. */
export const restart = async (
  client: RouterosClient,
  isDowngrade: boolean,
  call: CallOptions = {},
): Promise<Result<void, RouterosFault>> => {
  const told = isDowngrade
    ? await run(client, '/system/package', 'downgrade', {}, call)
    : await run(client, '/system', 'reboot', {}, call)
  const isDown = !told.ok && (told.error.type === 'ConnectionLost' || told.error.type === 'TimedOut') && told.error.sent
  return told.ok || isDown ? ok() : told
}

/** RouterBOOT is written; it runs after a restart. */
export const writeFirmware = async (
  client: RouterosClient,
  call: CallOptions = {},
): Promise<Result<void, RouterosFault>> => {
  const told = await run(client, '/system/routerboard', 'upgrade', {}, call)
  return told.ok ? ok() : told
}
