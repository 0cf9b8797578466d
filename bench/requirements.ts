/** What the bench needs of Debian, and how it gets it: as root by apt, otherwise it says what to install. */
import { accessSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './processes.ts'

const NEEDS = {
  cc: 'gcc libc6-dev',
  libssl: 'libssl3',
  openssl: 'openssl',
  freeradius: 'freeradius freeradius-config',
  'freeradius-postgresql': 'freeradius-postgresql',
  postgresql: 'postgresql-15',
  psql: 'postgresql-client-15',
} as const

export type Need = keyof typeof NEEDS

// Daemons live in sbin, which is not on everybody's path.
const COMMAND_FOLDERS = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin']
const LIBRARY_FOLDERS = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64', '/usr/lib']

const PROOFS: Partial<Record<Need, () => boolean>> = {
  libssl: () => LIBRARY_FOLDERS.some((folder) => existsSync(join(folder, 'libssl.so.3'))),
  'freeradius-postgresql': () => existsSync('/usr/lib/freeradius/rlm_sql_postgresql.so'),
  postgresql: () => existsSync('/usr/lib/postgresql/15/bin/initdb'),
}

/** Which of these are not on this machine. */
export function missingCommands(needs: readonly Need[]): Need[] {
  return needs.filter((need) => !(PROOFS[need] ?? (() => onPath(need)))())
}

function onPath(command: string): boolean {
  return COMMAND_FOLDERS.some((folder) => existsSync(join(folder, command)))
}

/**
 * Makes sure that all is there. As root it installs by apt what is missing; a sentence that says what to do is the
 * answer when it cannot, `undefined` when all is well.
 */
export async function prepareMachine(say: (line: string) => void): Promise<string | undefined> {
  const needs = Object.keys(NEEDS) as Need[]
  const packages = missingCommands(needs).flatMap((need) => NEEDS[need].split(' '))
  const isRoot = process.getuid?.() === 0
  if (packages.length > 0 && isRoot && onPath('apt-get')) {
    say(`installing ${packages.join(' ')} ...`)
    await installWithApt(packages).catch((error: unknown) => say(String(error)))
  }
  const missing = missingCommands(needs)
  if (missing.length > 0)
    return `the bench needs ${missing.join(', ')}: apt-get install ${missing.map((need) => NEEDS[need]).join(' ')}`
  return readableStock()
    ? undefined
    : 'FreeRADIUS keeps its queries readable by root and freerad only: run the bench as root'
}

/** Run level 1 keeps Debian from starting the daemons it installs: the bench starts its own, on its own ports. */
async function installWithApt(packages: readonly string[]): Promise<void> {
  const env = { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  await run('apt-get', ['update', '-q'], { env })
  await run('apt-get', ['install', '-q', '-y', '--no-install-recommends', ...packages], { env })
}

function readableStock(): boolean {
  try {
    accessSync('/etc/freeradius/3.0/mods-config/sql/main/postgresql/queries.conf')
    return true
  } catch {
    return false
  }
}
