/**
 * Whose passphrase a device has: by its address where it is bound, else by the handshake, which shows a passphrase to
 * who knows it. Kept in the EAP thread: a key takes 4,096 rounds of a hash for each passphrase and network, so keys are
 * made by the threads of the pool, once, and held in memory only.
 */
import type Database from 'better-sqlite3'
import { isWpaKeyOf, wpaMasterKey, wpaTrial, type WpaTrial } from '@lango/drivers/radius'
import type { Log, Vault } from '@lango/kernel'
import { passphrasePurpose } from '@lango/modules/access/rules'
import { realmOf } from './names.ts'
import type { Station } from './station.ts'

/** Passphrases of a box; of more the first are served. */
const PASSPHRASES_MAX = 20_000
/** Networks whose keys are held; one more puts the one that was asked for longest ago out. */
const NETWORKS_MAX = 16
/** Questions at once; a device asks again. */
const QUESTIONS_MAX = 64
/** By then an access point has given up, and the device tries again with more keys made. */
const ANSWER_WITHIN_MS = 1500
/** Keys that are made at once: the pool has four threads, and others use it too. */
const KEYS_AT_ONCE = 2
/** Keys that are tried before others have their turn: about a millisecond of them. */
const TRIED_AT_ONCE = 200

export type StationQuestion = { readonly station: Station; readonly realm: string | undefined }
export type StationAnswer =
  | { readonly kind: 'found'; readonly login: string }
  | { readonly kind: 'none'; readonly reason: 'unknown-user' | 'unknown-station' | 'wrong-passphrase' | 'busy' }

type Holder = {
  readonly id: string
  readonly login: string
  readonly realm: string | undefined
  readonly sealed: Buffer
  readonly hash: string
}
/** A key, or null where the passphrase cannot be opened. */
type Keys = Map<string, Buffer | null>

type Row = {
  readonly id: string
  readonly login: string
  readonly devices: string
  readonly sealed: Buffer
  readonly hash: Buffer
}

type Deps = {
  readonly site: Database.Database
  readonly vault: Vault
  readonly log: Log
  readonly monotonicMs: () => number
}

const none = (reason: Extract<StationAnswer, { kind: 'none' }>['reason']): StationAnswer => ({ kind: 'none', reason })
const found = ({ login }: Holder): StationAnswer => ({ kind: 'found', login })
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

export class Stations {
  readonly #deps: Deps
  readonly #version: Database.Statement<[]>
  readonly #rows: Database.Statement<[number], Row>
  /** By network, the one asked for last at the end: keys by the hash of their passphrase. */
  readonly #networks = new Map<string, Keys>()
  readonly #making = new Map<string, Promise<void>>()
  /** Networks whose keys are being made though nobody waits for them. */
  readonly #filling = new Set<string>()
  #holders: readonly Holder[] = []
  #byDevice = new Map<string, Holder[]>()
  #seenVersion: unknown
  #questions = 0

  constructor(deps: Deps) {
    this.#deps = deps
    this.#version = deps.site.prepare<[]>('PRAGMA data_version').pluck()
    this.#rows = deps.site.prepare(
      `SELECT g.id, g.login, g.devices, p.passphrase sealed, p.hash
       FROM passphrases p JOIN grants g ON g.id = p.id ORDER BY g.no LIMIT ?`,
    )
  }

  async find({ station, realm }: StationQuestion): Promise<StationAnswer> {
    if (this.#questions >= QUESTIONS_MAX) return none('busy')
    this.#questions += 1
    try {
      this.#refresh()
      if (this.#holders.length === 0) return none('unknown-user')
      const served = (holder: Holder): boolean => isServed(holder, realm)
      const bound = (this.#byDevice.get(station.device) ?? []).filter(served)
      if (station.shown === undefined) return bound[0] ? found(bound[0]) : none('unknown-station')
      const trial = trialOf(station)
      if (trial === undefined) return none('wrong-passphrase')
      // The device's own first: mostly it is known, and one key is enough.
      const others = this.#holders.filter((holder) => served(holder) && !bound.includes(holder))
      return await this.#tryAll([...bound, ...others], trial, station.ssid)
    } finally {
      this.#questions -= 1
    }
  }

  /** Tries the keys that are there; those that are not are made meanwhile, and go on being made when the time is up. */
  async #tryAll(holders: readonly Holder[], trial: WpaTrial, ssid: string): Promise<StationAnswer> {
    const until = this.#deps.monotonicMs() + ANSWER_WITHIN_MS
    const keys = this.#keysOf(ssid)
    for (let untried = holders; untried.length > 0;) {
      const ready = untried.filter(({ hash }) => keys.has(hash))
      untried = untried.filter(({ hash }) => !keys.has(hash))
      for (const [at, holder] of ready.entries()) {
        if (at % TRIED_AT_ONCE === TRIED_AT_ONCE - 1) await turn()
        const key = keys.get(holder.hash)
        if (key && isWpaKeyOf(key, trial)) return found(holder)
      }
      if (untried.length > 0 && this.#deps.monotonicMs() >= until) {
        void this.#makeAll(untried, ssid, keys)
        return none('busy')
      }
      await this.#makeSome(untried, ssid, keys)
    }
    return none('wrong-passphrase')
  }

  async #makeAll(holders: readonly Holder[], ssid: string, keys: Keys): Promise<void> {
    if (this.#filling.has(ssid)) return
    this.#filling.add(ssid)
    for (let at = 0; at < holders.length; at += KEYS_AT_ONCE) await this.#makeSome(holders.slice(at), ssid, keys)
    this.#filling.delete(ssid)
  }

  async #makeSome(holders: readonly Holder[], ssid: string, keys: Keys): Promise<void> {
    await Promise.all(holders.slice(0, KEYS_AT_ONCE).map((holder) => this.#make(holder, ssid, keys)))
  }

  /** One key is made once, however many ask for it. */
  #make(holder: Holder, ssid: string, keys: Keys): Promise<void> {
    const name = `${holder.hash}${ssid}`
    const known = keys.has(holder.hash) ? Promise.resolve() : this.#making.get(name)
    if (known) return known
    const making = this.#masterKey(holder, ssid).then((key) => {
      keys.set(holder.hash, key)
      this.#making.delete(name)
    })
    this.#making.set(name, making)
    return making
  }

  async #masterKey({ id, login, sealed }: Holder, ssid: string): Promise<Buffer | null> {
    const opened = this.#deps.vault.open(sealed, passphrasePurpose(id))
    if (opened.ok) return wpaMasterKey(opened.value.reveal(), Buffer.from(ssid))
    this.#deps.log.error('a Wi-Fi passphrase cannot be opened', { login, fault: opened.error })
    return null
  }

  #keysOf(ssid: string): Keys {
    const keys = this.#networks.get(ssid) ?? new Map<string, Buffer | null>()
    this.#networks.delete(ssid)
    this.#networks.set(ssid, keys)
    const [oldest] = this.#networks.keys()
    if (this.#networks.size > NETWORKS_MAX) this.#networks.delete(oldest!)
    return keys
  }

  /** SQLite says whether anyone has committed since. */
  #refresh(): void {
    const current = this.#version.get()
    if (current === this.#seenVersion) return
    this.#seenVersion = current
    const rows = this.#rows.all(PASSPHRASES_MAX)
    this.#byDevice = new Map()
    this.#holders = rows.map(({ id, login, devices, sealed, hash }) => {
      const holder = { id, login, realm: realmOf(login), sealed, hash: hash.toString('hex') }
      for (const device of devices === '[]' ? [] : (JSON.parse(devices) as string[]))
        this.#byDevice.set(device, [...(this.#byDevice.get(device) ?? []), holder])
      return holder
    })
    const held = new Set(this.#holders.map(({ hash }) => hash))
    for (const keys of this.#networks.values()) for (const hash of keys.keys()) if (!held.has(hash)) keys.delete(hash)
  }
}

/** As names are: a router with a realm serves that realm and those without one. */
const isServed = (holder: Holder, realm: string | undefined): boolean =>
  realm === undefined || holder.realm === undefined || holder.realm === realm.toLowerCase()

const macOf = (device: string): Buffer => Buffer.from(device.replaceAll(':', ''), 'hex')

const trialOf = ({ bssid, device, shown }: Station): WpaTrial | undefined =>
  shown && wpaTrial({ apMac: macOf(bssid), stationMac: macOf(device), ...shown })
