/** Which driver fills which port: the only file of the appliance's control side that names drivers. */
import { every, Secret, systemTimers, type Clock, type Log, type Random, type Vault } from '@lango/kernel'
import type { RawDatabase } from '@lango/kernel/db'
import {
  AttributeWriter,
  attributes,
  codes,
  createRadiusClient,
  headerOctets,
  packetOctetsMax,
  prepareSecret,
  type RadiusServerAt,
} from '@lango/drivers/radius'
import { createRadiusControl, type RadiusControlDeps } from '@lango/drivers/radius-control'
import { createFolderStore, createStickStore } from '@lango/drivers/folder-store'
import { callbackReader, createMpesa } from '@lango/drivers/mpesa'
import { createS3Store } from '@lango/drivers/s3'
import { createWebhookSender } from '@lango/drivers/webhook'
import {
  readEndpoint,
  readPlace,
  scheduleSecretPurpose,
  type BackupJobDeps,
  type Schedule,
} from '@lango/modules/backups'
import type { BackupStore } from '@lango/modules/backups/port'
import { contains, parseAddress, parseRange, routerSecretPurpose, serverSecretPurpose } from '@lango/modules/network'
import { accountOf, MPESA, mpesaSecretsPurpose, type MpesaSettings } from '@lango/modules/payments'
import type { PaymentProvider } from '@lango/modules/payments/port'
import type { NasControl, NasSession } from '@lango/modules/sessions/port'
import { webhookSecretPurpose, type DeliveryDeps } from '@lango/modules/webhooks'
import type { HotspotSimulatorOptions } from '@lango/drivers/simulators/hotspot'
import type { NasSimulator, NasSimulatorOptions, SimulatedSubscriber } from '@lango/drivers/simulators/nas'

export type { SimulatedSubscriber }

type Deps = {
  /** Read-only, with the routers in it. */
  readonly reader: RawDatabase
  readonly vault: Vault
  readonly random: Random
  readonly clock: Clock
  readonly log: Log
}

type NasRow = {
  readonly id: string
  readonly address: string
  readonly secret: Buffer
  readonly coaPort: number
  readonly lastAddress: string | null
}

/** Live sessions are changed and ended by RADIUS; a router's own API joins as another means later. */
export const createNasControl = ({
  reader,
  vault,
  random,
  clock,
  log,
  overRadsec,
}: Deps & Pick<RadiusControlDeps, 'overRadsec'>): NasControl & { close(): void } => {
  const byNo = reader.prepare<[number], NasRow>(
    `SELECT r.id, r.address, r.secret, r.coa_port coaPort, h.last_address lastAddress
     FROM routers r LEFT JOIN router_health h ON h.router_no = r.no WHERE r.no = ?`,
  )
  const nasOf = ({ routerNo, nas }: NasSession): RadiusServerAt | undefined => {
    const row = byNo.get(routerNo)
    if (!row) return undefined
    const secret = vault.open(row.secret, routerSecretPurpose(row.id))
    if (!secret.ok) {
      log.error("a router's secret cannot be opened", { router: row.id, fault: secret.error })
      return undefined
    }
    const address = addressOf(row, nas)
    if (address === null) return undefined
    return { address, port: row.coaPort, secret: prepareSecret(Buffer.from(secret.value.reveal())) }
  }
  return createRadiusControl({ nasOf, overRadsec, random, now: clock.now, monotonicMs: clock.monotonicMs })
}

/** A range has no address of its own: its NAS is where it says it is, if that lies within, else where it was last heard. */
const addressOf = (row: NasRow, nas: string): string | null => {
  const range = parseRange(row.address)
  const own = parseAddress(nas)
  if (!row.address.includes('/')) return row.address
  return range && own && contains(range, own) ? nas : row.lastAddress
}

/** Sends one record's attributes to a server; true when it has answered. `delaySec`: how long the record has waited here. */
export type AccountingCopySender = (serverId: string, attributes: Buffer, delaySec: number) => Promise<boolean>

const ACCT_DELAY_TIME = attributes['Acct-Delay-Time'].number
const DELAY_OCTETS = 6
const ATTRIBUTES_OCTETS_MAX = packetOctetsMax - headerOctets
const COPY_RETRANSMISSION = { initialMs: 1000, countMax: 3, durationMaxMs: 5000 }

export const createCopySender = ({
  reader,
  vault,
  random,
  clock,
  log,
}: Deps): { send: AccountingCopySender; close(): void } => {
  const client = createRadiusClient({ random, monotonicMs: clock.monotonicMs })
  const serverOf = reader.prepare<[string], { host: string; port: number; secret: Buffer }>(
    'SELECT host, port, secret FROM remote_servers WHERE id = ?',
  )
  return {
    async send(serverId, attributes, delaySec) {
      const row = serverOf.get(serverId)
      const secret = row && vault.open(row.secret, serverSecretPurpose(serverId))
      if (!row || !secret?.ok) {
        log.error('a server for copies has no usable secret', { server: serverId })
        return false
      }
      const server = { address: row.host, port: row.port, secret: prepareSecret(Buffer.from(secret.value.reveal())) }
      const outcome = await client.request(server, {
        code: codes.accountingRequest,
        attributes: delayedBy(attributes, delaySec),
        retransmission: COPY_RETRANSMISSION,
      })
      return outcome.type === 'reply'
    },
    close: () => client.close(),
  }
}

/**
 * The attributes with the time spent here added to Acct-Delay-Time (RFC 2866 §5.2): the event stays where it was. A
 * packet that is full goes as it is: a record that could not be sent would hold up all that come after it.
 */
const delayedBy = (attributes: Buffer, delaySec: number): Buffer | AttributeWriter => {
  if (attributes.length + DELAY_OCTETS > ATTRIBUTES_OCTETS_MAX) return attributes
  const writer = new AttributeWriter()
  let before = 0
  for (let at = 0; at < attributes.length; at += attributes[at + 1]!) {
    const value = attributes.subarray(at + 2, at + attributes[at + 1]!)
    if (attributes[at] !== ACCT_DELAY_TIME) writer.octets(attributes[at]!, value)
    else if (value.length === 4) before = value.readUInt32BE()
  }
  return writer.uint32(ACCT_DELAY_TIME, Math.min(before + delaySec, 0xffff_ffff))
}

/** Sends webhooks; a signing secret is opened for each round. */
export const createWebhookDelivery = ({
  reader,
  vault,
  clock,
  log,
  allowsLoopback,
}: Omit<Deps, 'random'> & { readonly allowsLoopback: boolean }): DeliveryDeps => {
  const secretOf = reader.prepare<[string], { secret: Buffer }>('SELECT secret FROM webhook_endpoints WHERE id = ?')
  return {
    clock,
    sender: createWebhookSender({ allowsLoopback }),
    secretOf(endpointId) {
      const row = secretOf.get(endpointId)
      if (!row) return undefined
      const secret = vault.open(row.secret, webhookSecretPurpose(endpointId))
      if (secret.ok) return secret.value
      log.error("a webhook's secret cannot be opened", { endpoint: endpointId, fault: secret.error })
      return undefined
    },
  }
}

/**
 * By whom customers pay, as it is set up now; undefined where it is not, or not yet whole. One for as long as nothing of
 * it changes: a new token of an app ends the one before.
 */
export const createPaymentProvider = ({
  reader,
  vault,
  clock,
  log,
  counted,
}: Omit<Deps, 'random'> & {
  readonly counted: (provider: PaymentProvider) => PaymentProvider
}): (() => PaymentProvider | undefined) => {
  const account = reader.prepare<[string], { config: string; secrets: Buffer }>(
    'SELECT config, secrets FROM payment_accounts WHERE id = ?',
  )
  const make = (config: MpesaSettings, sealed: Buffer): PaymentProvider | undefined => {
    const opened = vault.open(sealed, mpesaSecretsPurpose)
    if (!opened.ok) {
      log.error('the secrets of M-Pesa cannot be opened', { fault: opened.error })
      return undefined
    }
    const whole = accountOf(config, opened.value.reveal())
    if (whole === undefined) return undefined
    const { phone } = config
    const mpesa = createMpesa(whole, { clock, timers: systemTimers() })
    let isListed = false
    return counted({
      ...mpesa,
      async received(range, signal) {
        // Its list is told to those only who have asked for it once.
        const listed = isListed ? undefined : await mpesa.registerPull({ phone, callbackUrl: undefined }, signal)
        if (listed?.ok === false) return listed
        isListed = true
        return mpesa.received(range, signal)
      },
    })
  }
  let made: { readonly of: string; readonly provider: PaymentProvider | undefined } | undefined
  return () => {
    const row = account.get(MPESA)
    const of = row ? `${row.config} ${row.secrets.toString('base64')}` : ''
    if (made?.of !== of) made = { of, provider: row && make(JSON.parse(row.config) as MpesaSettings, row.secrets) }
    return made.provider
  }
}

/** Reads what the providers of payments post. */
export const paymentCallbacks = callbackReader

/** Where scheduled backups are kept; the secrets of the schedule are opened for each. */
export const createBackupPlaces = ({
  reader,
  vault,
  clock,
  log,
  sticksDir,
}: Omit<Deps, 'random'> & Pick<StoreAtDeps, 'sticksDir'>): Pick<BackupJobDeps, 'secrets' | 'storeAt'> => {
  const sealed = reader.prepare<[], { secrets: Buffer }>('SELECT secrets FROM backup_schedules')
  return {
    secrets() {
      const row = sealed.get()
      const opened = row && vault.open(row.secrets, scheduleSecretPurpose)
      if (opened?.ok !== true) {
        log.error('the secrets of the backup schedule cannot be opened', { fault: opened?.error })
        return undefined
      }
      const { passphrase, secretKey } = JSON.parse(opened.value.reveal()) as { passphrase: string; secretKey?: string }
      return {
        passphrase: new Secret(passphrase),
        secretKey: secretKey === undefined ? undefined : new Secret(secretKey),
      }
    },
    storeAt: createStoreAt({ clock, sticksDir }),
  }
}

type StoreAtOptions = Pick<Schedule, 'place' | 'region' | 'endpoint' | 'accessKeyId'>

type StoreAtDeps = {
  readonly clock: Pick<Clock, 'now'>
  /** Where an image shows what is on sticks. */
  readonly sticksDir: string | undefined
}

/** The store of a place that backups are kept in. */
export const createStoreAt =
  ({ clock, sticksDir }: StoreAtDeps) =>
  ({ place: text, region, endpoint, accessKeyId }: StoreAtOptions, secretKey: Secret | undefined): BackupStore => {
    const place = readPlace(text)!
    if (place.kind === 'usb') return createStickStore(sticksDir)
    if (place.kind === 'folder') return createFolderStore(place.path)
    const { address, pinSha256 } = (endpoint !== null && readEndpoint(endpoint)) || {}
    return createS3Store({
      bucket: place.bucket,
      prefix: place.prefix,
      region,
      endpoint: address,
      pinSha256,
      accessKeyId: accessKeyId ?? '',
      secretKey: secretKey?.reveal() ?? '',
      now: clock.now,
    })
  }

/** Who pays in the demonstration: phones that are a page, and no money. Loaded only when asked for. */
export const startDemoMoney = async (random: Random, clock: Pick<Clock, 'now'>) => {
  const { startDarajaSimulator } = await import('@lango/drivers/simulators/daraja')
  const [consumerKey, consumerSecret, passkey, shortcode] = ['demo', 'demo', 'demo', '174379']
  const simulator = await startDarajaSimulator({
    apps: [{ consumerKey, consumerSecret, shortcodes: [{ shortcode, name: 'Demo', kind: 'paybill', passkey }] }],
    customers: [],
    newCustomerShillings: 10_000,
    random,
    now: clock.now,
    timers: systemTimers(),
  })
  return {
    handset: simulator.handset,
    settings: { baseUrl: simulator.server, shortcode, consumerKey, consumerSecret, passkey, phone: '+254700000001' },
    stop: () => simulator.close(),
  }
}

/** The router of the demonstration: loaded only when asked for, so that no production box ever holds a simulator. */
export const startDemoRouter = async ({
  secret,
  ...options
}: Omit<NasSimulatorOptions, 'secret'> & { readonly secret: string }): Promise<NasSimulator> => {
  const { startNasSimulator } = await import('@lango/drivers/simulators/nas')
  return startNasSimulator({ ...options, secret: prepareSecret(Buffer.from(secret)) })
}

/** How often a phone of the demonstration moves something. */
const DEMO_MOVE_MS = 1000

type DemoHotspot = Pick<
  HotspotSimulatorOptions,
  'nasAddress' | 'identity' | 'html' | 'walledGarden' | 'interimMs' | 'random' | 'log'
> & {
  readonly radius: Omit<HotspotSimulatorOptions['radius'], 'secret'>
  readonly secret: string
}

/** The hotspot of the demonstration, where a browser on this machine is a phone that has joined. */
export const startDemoHotspot = async ({ radius, secret, ...options }: DemoHotspot) => {
  const { startHotspotSimulator } = await import('@lango/drivers/simulators/hotspot')
  const { random } = options
  const simulator = await startHotspotSimulator({
    ...options,
    radius: { ...radius, secret: prepareSecret(Buffer.from(secret)) },
    serverName: 'hotspot-demo',
    interfaceName: 'bridge-hotspot',
    loginBy: ['http-chap', 'mac-cookie'],
    internet: (_, response) => void response.writeHead(204).end(),
    clock: { now: Date.now, monotonicMs: () => performance.now() },
    timers: systemTimers(),
  })
  const stopMoving = every(DEMO_MOVE_MS, () => {
    for (const session of simulator.sessions) {
      const { inputOctets, outputOctets } = session
      simulator.count(session, inputOctets + random.below(30_000), outputOctets + random.below(300_000))
    }
  })
  return {
    address: simulator.address,
    coaPort: simulator.coaPort,
    /** A router that comes up says so: the box has heard it. */
    boot: () => simulator.reboot(),
    stop: () => {
      stopMoving()
      return simulator.close()
    },
  }
}
