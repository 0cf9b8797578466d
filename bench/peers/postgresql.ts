/**
 * A PostgreSQL cluster of its own in a temporary folder, reached by a UNIX socket in the same folder, with
 * FreeRADIUS's stock schema and the bench's users. Durable as shipped: `fsync` and `synchronous_commit` are on.
 */
import { appendFileSync, chownSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { REPLY_ATTRIBUTES } from '../policy.ts'
import type { Subscriber } from '../policy.ts'
import { run, startServer } from '../processes.ts'
import type { RunningServer } from '../processes.ts'

const BIN = '/usr/lib/postgresql/15/bin'
const CONNECTIONS_MAX = 100

export type Postgresql = RunningServer & {
  /** What libpq and FreeRADIUS connect with. */
  readonly connection: string
  /** Runs SQL; rows come back as tab-separated lines. */
  readonly sql: (text: string) => Promise<string>
}

type Owner = { readonly uid: number; readonly gid: number }

/** PostgreSQL refuses to run as root; then the package's own user runs it. */
async function clusterOwner(): Promise<Owner | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const [uid, gid] = await Promise.all([run('id', ['-u', 'postgres']), run('id', ['-g', 'postgres'])])
  return { uid: Number(uid), gid: Number(gid) }
}

/** What an administrator sets on a small machine that does little else; nothing here gives up durability. */
const SETTINGS = `
listen_addresses = ''
max_connections = ${CONNECTIONS_MAX}
fsync = on
synchronous_commit = on
full_page_writes = on
shared_buffers = 512MB
work_mem = 8MB
maintenance_work_mem = 256MB
wal_buffers = 16MB
max_wal_size = 4GB
min_wal_size = 1GB
checkpoint_timeout = 15min
checkpoint_completion_target = 0.9
wal_level = minimal
max_wal_senders = 0
random_page_cost = 1.1
jit = off
logging_collector = off
log_min_messages = warning
`

export async function startPostgresql(folder: string): Promise<Postgresql> {
  const owner = await clusterOwner()
  const data = join(folder, 'pg')
  mkdirSync(data, { mode: 0o700 })
  if (owner) chownSync(data, owner.uid, owner.gid)
  const as = owner ? { owner } : {}
  await run(`${BIN}/initdb`, ['-D', data, '-U', 'radius', '-A', 'trust', '-E', 'UTF8', '--locale=C'], as)
  appendFileSync(join(data, 'postgresql.conf'), `${SETTINGS}unix_socket_directories = '${data}'\n`)
  const server = await startServer({
    name: 'postgresql',
    command: `${BIN}/postgres`,
    args: ['-D', data],
    readyWhen: (line) => line.includes('ready to accept connections'),
    // SIGINT is PostgreSQL's "fast shutdown": it does not wait for clients.
    stopSignal: 'SIGINT',
    ...as,
  })
  const sql = (text: string): Promise<string> =>
    run('psql', ['-h', data, '-U', 'radius', '-d', 'radius', '-qAtX', '-v', 'ON_ERROR_STOP=1', '-f', '-'], {
      input: text,
      ...as,
    })
  await run('createdb', ['-h', data, '-U', 'radius', 'radius'], as)
  return { ...server, sql, connection: `host=${data} dbname=radius user=radius` }
}

/**
 * The stock schema, with each subscriber's password and policy in rows of their own, loaded by COPY. Groups would be
 * three more queries a login: this layout is the one FreeRADIUS answers fastest from.
 */
export async function loadUsers(database: Postgresql, schema: string, users: readonly Subscriber[]): Promise<void> {
  const check = users.map(({ login, password }) => `${login}\tCleartext-Password\t:=\t${password}`)
  const reply = users.flatMap(({ login }) => REPLY_ATTRIBUTES.map(([name, value]) => `${login}\t${name}\t=\t${value}`))
  await database.sql(
    [
      schema,
      copy('radcheck (username, attribute, op, value)', check),
      copy('radreply (username, attribute, op, value)', reply),
      'VACUUM ANALYZE;',
      'CHECKPOINT;',
    ].join('\n'),
  )
}

function copy(into: string, lines: readonly string[]): string {
  return `COPY ${into} FROM STDIN;\n${lines.join('\n')}\n\\.\n`
}
