/**
 * Debian's FreeRADIUS with a complete configuration of its own in a temporary folder, as a good administrator would
 * tune it: only the modules the work needs, no debug and no log of logins, rejects not delayed, a fixed pool of
 * threads and of database connections. Each variant is one process on its own ports.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { REPLY_ATTRIBUTES, SECRET, subscriber } from '../policy.ts'
import type { Subscriber } from '../policy.ts'
import { freePort, startServer } from '../processes.ts'
import type { RunningServer } from '../processes.ts'
import { loadUsers, startPostgresql } from './postgresql.ts'
import { FREERADIUS_CONFIG, FREERADIUS_SCHEMA } from './stock.ts'

/** `files`: users in memory, for PAP, CHAP and MS-CHAPv2. `peap`: the same users behind PEAP-MSCHAPv2. */
export type Variant = 'files' | 'postgresql' | 'acct-postgresql' | 'acct-detail' | 'peap'

export type Certificates = { readonly ca: string; readonly certificate: string; readonly key: string }

export type FreeradiusOptions = {
  readonly variant: Variant
  /** An empty folder of this server's own. */
  readonly folder: string
  readonly users: number
  /** Worker threads; each holds a database connection where the variant has a database. */
  readonly threads?: number
  /** Needed by `peap`: paths of PEM files. */
  readonly certificates?: Certificates
}

export type Freeradius = AsyncDisposable & {
  readonly pids: readonly number[]
  readonly ports: { readonly auth: number; readonly acct: number }
  /** Empties what accounting has stored, so that each round starts alike. */
  readonly reset: () => Promise<void>
}

/** Found best on two cores: in memory more threads only switch, beside PostgreSQL fewer leave its commits ungrouped. */
const THREADS: Record<Variant, number> = { files: 1, postgresql: 8, 'acct-postgresql': 16, 'acct-detail': 2, peap: 2 }

/** With 32 source ports of 256 identifiers each that many requests can be alive at once. */
const MAX_REQUESTS = 65_536
/** The default buffer of a UDP socket overflows under a burst of some 200 packets. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024

export async function startFreeradius(options: FreeradiusOptions): Promise<Freeradius> {
  const { variant, folder } = options
  const threads = options.threads ?? THREADS[variant]
  const ports = { auth: await freePort(), acct: await freePort() }
  await using started = new AsyncDisposableStack()
  const database = variant.endsWith('postgresql') ? started.use(await startPostgresql(folder)) : undefined
  const users = Array.from({ length: options.users }, (_, number) => subscriber(number))
  const detail = join(folder, 'detail')
  if (database) await loadUsers(database, readFileSync(FREERADIUS_SCHEMA, 'utf8'), users)
  else writeFileSync(join(folder, 'users'), usersFile(users))
  mkdirSync(join(folder, 'run'))
  writeFileSync(join(folder, 'dictionary'), '')
  const modules = moduleConfig({ ...options, threads, detail, connection: database?.connection ?? '' })
  writeFileSync(join(folder, 'radiusd.conf'), mainConfig(folder, threads, modules, serverConfig(variant, ports)))
  const server = started.use(
    await startServer({
      name: `freeradius (${variant})`,
      command: '/usr/sbin/freeradius',
      args: ['-f', '-l', 'stdout', '-n', 'radiusd', '-d', folder],
      readyWhen: (line) => line.includes('Ready to process requests'),
    }),
  )
  const all = started.move()
  return {
    pids: [server, database].flatMap((each: RunningServer | undefined) => (each ? [each.pid] : [])),
    ports,
    async reset() {
      if (database) await database.sql('TRUNCATE radacct; CHECKPOINT;')
      if (variant === 'acct-detail') writeFileSync(detail, '')
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

function usersFile(users: readonly Subscriber[]): string {
  const reply = REPLY_ATTRIBUTES.map(([name, value]) => `\t${name} = ${/^[\w-]+$/.test(value) ? value : `"${value}"`}`)
  return users
    .map(({ login, password }) => `${login} Cleartext-Password := "${password}"\n${reply.join(',\n')}\n`)
    .join('\n')
}

function mainConfig(folder: string, threads: number, modules: string, servers: string): string {
  return `
prefix = /usr
libdir = /usr/lib/freeradius
confdir = ${folder}
modconfdir = ${FREERADIUS_CONFIG}/mods-config
logdir = ${folder}
run_dir = ${folder}/run
pidfile = ${folder}/run/radiusd.pid
name = bench
max_request_time = 30
cleanup_delay = 5
max_requests = ${MAX_REQUESTS}
hostname_lookups = no
proxy_requests = no
log {
  destination = stdout
  auth = no
}
security {
  allow_core_dumps = no
  max_attributes = 200
  reject_delay = 0
  status_server = no
}
thread pool {
  start_servers = ${threads}
  max_servers = ${threads}
  min_spare_servers = ${threads}
  max_spare_servers = ${threads}
  max_requests_per_server = 0
  max_queue_size = ${MAX_REQUESTS}
  auto_limit_acct = no
}
client bench {
  ipaddr = 127.0.0.1
  secret = ${SECRET}
}
modules {
  $INCLUDE ${FREERADIUS_CONFIG}/mods-available/expr
${modules}
}
policy {
  $INCLUDE ${FREERADIUS_CONFIG}/policy.d/accounting
}
${servers}
`
}

type ModuleOptions = FreeradiusOptions & {
  readonly threads: number
  readonly detail: string
  readonly connection: string
}

function moduleConfig(options: ModuleOptions): string {
  const files = `files {\n  filename = ${options.folder}/users\n}`
  const modules: Record<Variant, () => string> = {
    files: () => `pap {\n}\nchap {\n}\nmschap {\n}\n${files}`,
    postgresql: () => `pap {\n}\n${sqlModule(options)}`,
    'acct-postgresql': () => sqlModule(options),
    'acct-detail': () => `detail {\n  filename = ${options.detail}\n  permissions = 0600\n  header = "%t"\n}`,
    peap: () => `mschap {\n}\n${files}\n${eapModule(options.certificates)}`,
  }
  return modules[options.variant]()
}

/** The stock queries; as many connections as threads, all opened at start and never closed. */
function sqlModule({ connection, threads }: ModuleOptions): string {
  return `sql {
  dialect = "postgresql"
  driver = "rlm_sql_\${dialect}"
  radius_db = "${connection}"
  acct_table1 = "radacct"
  acct_table2 = "radacct"
  postauth_table = "radpostauth"
  authcheck_table = "radcheck"
  groupcheck_table = "radgroupcheck"
  authreply_table = "radreply"
  groupreply_table = "radgroupreply"
  usergroup_table = "radusergroup"
  client_table = "nas"
  group_attribute = "SQL-Group"
  delete_stale_sessions = yes
  read_clients = no
  read_groups = no
  read_profiles = no
  pool {
    start = ${threads}
    min = ${threads}
    max = ${threads}
    spare = 0
    uses = 0
    lifetime = 0
    idle_timeout = 0
  }
  $INCLUDE \${modconfdir}/\${.:name}/main/\${dialect}/queries.conf
}`
}

/** TLS 1.2 as Debian ships it, without resumption: each login is a full handshake. */
function eapModule(certificates: Certificates | undefined): string {
  if (!certificates) throw new TypeError('the peap variant needs certificates')
  return `eap {
  default_eap_type = peap
  timer_expire = 60
  max_sessions = ${MAX_REQUESTS}
  tls-config bench {
    private_key_file = ${certificates.key}
    certificate_file = ${certificates.certificate}
    ca_file = ${certificates.ca}
    cipher_list = "DEFAULT"
    tls_min_version = "1.2"
    tls_max_version = "1.2"
    ecdh_curve = ""
    cache {
      enable = no
    }
  }
  peap {
    tls = bench
    default_eap_type = mschapv2
    copy_request_to_tunnel = no
    use_tunneled_reply = yes
    virtual_server = inner
  }
  mschapv2 {
  }
}`
}

function serverConfig(variant: Variant, ports: { readonly auth: number; readonly acct: number }): string {
  const [type, port] = variant.startsWith('acct') ? ['acct', ports.acct] : ['auth', ports.auth]
  const listen = `  listen {\n    type = ${type}\n    ipaddr = 127.0.0.1\n    port = ${port}\n    recv_buff = ${RECEIVE_BUFFER_BYTES}\n  }`
  return `server bench {\n${listen}\n${SECTIONS[variant]}\n}\n${variant === 'peap' ? INNER : ''}`
}

const METHODS = `
    Auth-Type PAP {
      pap
    }`
const SECTIONS: Record<Variant, string> = {
  files: `  authorize {\n    chap\n    mschap\n    files\n    pap\n  }\n  authenticate {${METHODS}
    Auth-Type CHAP {
      chap
    }
    Auth-Type MS-CHAP {
      mschap
    }
  }`,
  postgresql: `  authorize {\n    sql\n    pap\n  }\n  authenticate {${METHODS}\n  }`,
  'acct-postgresql': '  preacct {\n    acct_unique\n  }\n  accounting {\n    sql\n  }',
  'acct-detail': '  accounting {\n    detail\n  }',
  peap: '  authorize {\n    eap {\n      ok = return\n    }\n  }\n  authenticate {\n    eap\n  }',
}
const INNER = `server inner {
  authorize {
    mschap
    eap {
      ok = return
    }
    files
  }
  authenticate {
    Auth-Type MS-CHAP {
      mschap
    }
    eap
  }
}
`
