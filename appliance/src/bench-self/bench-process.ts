/**
 * A box's own measuring: a box like it in a scratch folder, with load of its own, in a process of its own that runs
 * only while nobody else wants the processor. `bench-process FOLDER`: prints one line of JSON and ends; ends too when
 * whoever has started it is gone.
 */
import { createLog, orThrow, systemRandom } from '@lango/kernel'
import { system } from '@lango/kernel/verbs'
import { accountingPackets, loginPackets, runLoad, type LoadUser } from '../aaa/load.ts'
import { startBox } from '../compose.ts'
import { runOwn } from '../run-named.ts'
import { standAside } from '../thread-priority.ts'

const USERS = 100
const SECRET_OCTETS = 18
/** A start is slower: what is compiled on the way is not measured. */
const WARM_MS = 1500
const MEASURED_MS = 5000
const WARM_PACKETS = 8000
const MEASURED_PACKETS = 40_000

standAside()
process.stdin.on('end', () => process.exit(1)).resume()

const random = systemRandom()
const box = orThrow(
  await startBox({
    dir: process.argv[2]!,
    listen: '127.0.0.1',
    authPort: 0,
    acctPort: 0,
    radsecPort: 0,
    webPort: 0,
    webListen: '127.0.0.1',
    portalPort: undefined,
    portalTlsPort: undefined,
    webNames: [],
    demo: true,
    env: { LANGO_TIME_ZONE: 'UTC' },
    onTimeZone: () => undefined,
    image: undefined,
    logLevel: 'error',
    log: createLog({ level: 'error', sink: process.stderr }),
    loginP95MsMax: 60_000,
    webhooksToLoopback: false,
    smsServer: undefined,
    pairPort: 0,
    onStandby: () => undefined,
    onRestored: () => undefined,
    onFatal: () => process.exit(1),
  }),
)
const tell = (name: string, input: unknown): unknown =>
  orThrow(runOwn(box.site, name, input, { actor: system('bench-self') }))

const secret = random.bytes(SECRET_OCTETS).toString('base64url')
tell('routers.add', { name: 'bench', address: '127.0.0.1', secret, vendor: 'mikrotik' })
tell('plans.add', { name: 'bench', kind: 'pppoe', policy: { downKbps: 20_000, upKbps: 5000, deviceLimit: 1 } })
const users: readonly LoadUser[] = Array.from({ length: USERS }, (_, at) => ({
  login: `bench-${at}`,
  password: random.bytes(SECRET_OCTETS).toString('base64url'),
  mac: `02-00-00-00-00-${at.toString(16).padStart(2, '0').toUpperCase()}`,
}))
for (const { login, password } of users) tell('subscribers.add', { login, password, plan: 'bench', name: login })

const logins = (count: number) => loginPackets(count, users, secret, random)
const { auth, acct } = box.ports
await runLoad(logins(WARM_PACKETS), auth, WARM_MS)
const measuredLogins = await runLoad(logins(MEASURED_PACKETS), auth, MEASURED_MS)
await runLoad(accountingPackets(WARM_PACKETS, users, secret, 'warm'), acct, WARM_MS)
const measuredAccounting = await runLoad(accountingPackets(MEASURED_PACKETS, users, secret, 'run'), acct, MEASURED_MS)
await box.stop()
process.stdout.write(`${JSON.stringify({ logins: measuredLogins, accounting: measuredAccounting })}\n`)
process.exit(0)
