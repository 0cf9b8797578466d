import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import {
  attribute,
  codes,
  decodeAll,
  encodeNamed,
  encodeReply,
  encodeRequest,
  parsePacket,
  prepareSecret,
  revealSalted,
  type AttributeWriter,
  type NamedAttributes,
  type Packet,
} from '@lango/drivers/radius'
import { stationFrame } from '@lango/drivers/simulators/wifi-station'
import { orThrow } from '@lango/kernel'
import { migrate, openDatabase, openRaw } from '@lango/kernel/db'
import { memorySite } from '@lango/kernel/testing'
import {
  Calendar,
  access,
  bindDevice,
  firstUse,
  freeDevice,
  removePassphrase,
  setPassphrase,
} from '@lango/modules/access'
import { customers } from '@lango/modules/customers'
import { addPlan, plans } from '@lango/modules/plans'
import { addSubscriber, changeSubscribers, services, suspendSubscriber } from '@lango/modules/services'
import { sessions } from '@lango/modules/sessions'
import { vouchers } from '@lango/modules/vouchers'
import { DecisionPacker, type Decision } from './decision-log.ts'
import { Gate } from './gate.ts'
import { LoginHandler, type Request } from './login-handler.ts'
import { createReaders } from './readers.ts'
import { SharedState, sharedStateBytes } from './shared-state.ts'
import { RESERVATION_SEC, SlotTable, slotTableBytes } from './slots.ts'
import { Stations } from './stations.ts'
import type { Vendor } from './vendors.ts'

const secret = prepareSecret(Buffer.from('a-secret-of-the-access-point'))
const AP = '34-EF-B6-AF-48-9E'
const PHONE = '8A:B3:A0:EB:D5:E5'
const LAPTOP = '8A:B3:A0:EB:D5:E6'
const TV = '8A:B3:A0:EB:D5:E7'
const SSID = 'Estate'

type Answer = { readonly code: number; readonly reply: Packet; readonly values: Record<string, unknown> }
type Ask = {
  readonly device?: string
  readonly vendor?: Vendor
  readonly realm?: string
  readonly version?: Request['version']
  readonly types?: string
  readonly more?: NamedAttributes
}

const ending: (() => void)[] = []
afterEach(() => {
  for (const end of ending.splice(0)) end()
})

/** The site, and a thread that reads it over a connection of its own. */
const estate = (policy: object = {}) => {
  const folder = mkdtempSync(join(tmpdir(), 'stations-'))
  const file = join(folder, 'site.db')
  const site = memorySite([access, plans, customers, services, vouchers], { file })
  const read = orThrow(openRaw({ file, readonly: true }))
  ending.push(
    () => read.close(),
    () => site.database.close(),
    () => rmSync(folder, { recursive: true, force: true }),
  )
  const records = orThrow(openDatabase({ file: ':memory:' }))
  const tables = sessions.tables.filter((table) => table.home === 'sessions')
  orThrow(migrate(records, { version: 1, tables, changeLog: false }))
  site.must(addPlan, { name: 'Flat', kind: '802.1x', policy })
  const { clock, vault, log, must } = site
  const state = new SharedState(new SharedArrayBuffer(sharedStateBytes))
  const readers = createReaders(read, records.raw, state, new Calendar('Africa/Nairobi'))
  const gate = new Gate({ readers, vault, slots: new SlotTable(new SharedArrayBuffer(slotTableBytes)), clock, log })
  const stations = new Stations({ site: read, vault, log, monotonicMs: clock.monotonicMs })
  const decisions: Decision[] = []
  const packer = new DecisionPacker()
  /** What the thread reads is of one turn of its loop: what was written since is seen in the next. */
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
  let salt = 0
  const handler = new LoginHandler({
    gate,
    clock,
    log,
    state,
    randomSalt: () => ++salt,
    eap: () => Promise.reject(new Error('no EAP here')),
    findStation: (question) => stations.find(question),
    admin: { enter: () => Promise.reject(new Error('no staff here')) },
    proxy: () => false,
    firstUse(grant, device, { policy: { bindDevices, deviceLimit } }) {
      const bind = bindDevices === 'first'
      return Promise.resolve(site.dispatch(firstUse, { grantId: grant.id, device, bind, deviceLimit }).ok)
    },
    decided(decision) {
      decisions.push(decision)
      packer.add(decision)
    },
  })

  const subscriber = (login: string, passphrase: string, more: object = {}): void => {
    must(addSubscriber, { login, password: `pw of ${login}`, plan: 'Flat', ...more })
    must(setPassphrase, { login, passphrase })
  }

  const send = async (attributes: NamedAttributes, { vendor = 'generic', realm, version = 'radius/1.0' }: Ask) => {
    await turn()
    const requestAuthenticator = Buffer.from(site.random.bytes(16))
    const packet = parsePacket(
      encodeRequest({
        code: codes.accessRequest,
        id: 7,
        secret,
        requestAuthenticator,
        messageAuthenticator: true,
        attributes: encodeNamed(attributes, { secret, requestAuthenticator, version, salt: () => ++salt }),
      }),
    ) as Packet
    return new Promise<Answer>((resolve, reject) => {
      const answer = (code: number, given: Buffer | AttributeWriter): void => {
        const reply = { code, request: packet, secret, attributes: Buffer.isBuffer(given) ? given : given.bytes }
        const octets = parsePacket(encodeReply(reply)) as Packet
        const decoded = decodeAll(octets, { secret, requestAuthenticator, version })
        resolve({ code, reply: octets, values: Object.fromEntries(decoded.map(({ name, value }) => [name, value])) })
      }
      const facts = { no: 1, name: 'ap', vendor, realm, swapsOctets: false, adminLogins: false }
      handler.handle({
        packet,
        client: { secret, requireMessageAuthenticator: 'no', limitProxyState: 'no', learned: {} as never, data: facts },
        address: '127.0.0.1',
        port: 1,
        transport: 'udp',
        version,
        answer,
        respond: () => reject(new Error('not here')),
        ignore: () => reject(new Error('ignored')),
      })
    })
  }

  /** As an access point asks: the address is name and password. */
  const ask = (on: Ask = {}): Promise<Answer> => {
    const { device = PHONE } = on
    const name = device.replaceAll(':', '').toLowerCase()
    return send(
      {
        'User-Name': name,
        'User-Password': name,
        'Called-Station-Id': `${AP}:${SSID}`,
        'Calling-Station-Id': device.replaceAll(':', '-'),
        'NAS-Port-Type': 19,
        ...on.more,
      },
      on,
    )
  }
  /** As hostapd asks with `wpa_psk_radius=3`: beside it what the device signed. */
  const show = (passphrase: string, on: Ask = {}): Promise<Answer> => {
    const [anonce, snonce] = [Buffer.from(site.random.bytes(32)), Buffer.from(site.random.bytes(32))]
    const frame = stationFrame({ passphrase, ssid: SSID, apMac: AP, stationMac: on.device ?? PHONE, anonce, snonce })
    return ask({ ...on, more: { 'Attr-245.26.11344.1': anonce, 'Attr-245.26.11344.2': frame, ...on.more } })
  }
  const last = (): Decision => decisions.at(-1)!
  const logged = (): string => Buffer.from(packer.take().body).toString('latin1') + JSON.stringify(log)
  return { ...site, subscriber, ask, show, last, logged, decisions, stations, read }
}

test.each<[Vendor, string]>([
  ['generic', 'Tunnel-Password'],
  ['ubiquiti', 'Tunnel-Password'],
  ['cambium', 'Tunnel-Password'],
  ['mikrotik', 'Mikrotik-Wireless-PSK'],
  ['aruba', 'Aruba-MPSK-Passphrase'],
])('%s is told the passphrase of a bound device as %s', async (vendor, name) => {
  const { subscriber, must, ask, last } = estate()
  subscriber('flat-1', 'the key of flat one')
  subscriber('flat-2', 'the key of flat two')
  must(bindDevice, { login: 'flat-1', device: PHONE })
  must(bindDevice, { login: 'flat-2', device: TV })
  const { code, values } = await ask({ vendor })
  expect(code).toBe(codes.accessAccept)
  expect(String(values[name])).toBe('the key of flat one')
  expect(values).toMatchObject({ 'User-Name': 'flat-1', Class: expect.anything() as unknown })
  expect(last()).toMatchObject({ outcome: 'accept', method: 'passphrase', login: 'flat-1', device: PHONE })
  expect(String((await ask({ vendor, device: TV })).values[name])).toBe('the key of flat two')
})

test('Cisco is told in two pairs', async () => {
  const { subscriber, must, ask } = estate()
  subscriber('flat-1', 'the key of flat one')
  must(bindDevice, { login: 'flat-1', device: PHONE })
  const { reply } = await ask({ vendor: 'cisco' })
  const pairs = decodeAll(reply).flatMap(({ name, value }) => (name === 'Cisco-AVPair' ? [value] : []))
  expect(pairs).toEqual(['psk-mode=ascii', 'psk=the key of flat one'])
})

test('Tunnel-Password has a tag and a salt of its own, and opens under the secret of the access point alone', async () => {
  const { subscriber, must, ask } = estate()
  // The longest there is.
  const passphrase = 'x'.repeat(63)
  subscriber('flat-1', passphrase)
  must(bindDevice, { login: 'flat-1', device: PHONE })
  const hidden = async (): Promise<[Buffer, Answer]> => {
    const answer = await ask()
    return [attribute(answer.reply, 69)!, answer]
  }
  const [[first], [second]] = [await hidden(), await hidden()]
  for (const value of [first, second]) {
    expect(value[0]).toBe(0)
    expect(value[1]! & 0x80).toBe(0x80)
    expect((value.length - 3) % 16).toBe(0)
    expect(value.toString('latin1')).not.toContain('xxxx')
  }
  expect(first.subarray(1, 3)).not.toEqual(second.subarray(1, 3))
  const other = prepareSecret(Buffer.from('the secret of another'))
  expect(revealSalted(first.subarray(1), Buffer.alloc(16), other)?.toString()).not.toBe(passphrase)
})

test('inside TLS of RADIUS/1.1 nothing is hidden twice', async () => {
  const { subscriber, must, ask } = estate()
  subscriber('flat-1', 'the key of flat one')
  must(bindDevice, { login: 'flat-1', device: PHONE })
  expect((await ask({ version: 'radius/1.1' })).values['Tunnel-Password']).toBe('the key of flat one')
})

test('a device that logs in by its address gets the passphrase of its subscriber, where it has one', async () => {
  const { must, ask, last } = estate()
  must(addPlan, { name: 'Static', kind: 'static', policy: {} })
  must(addSubscriber, { login: 'camera', plan: 'Static', mac: PHONE })
  const before = await ask()
  expect(before.values).not.toHaveProperty('Tunnel-Password')
  expect(last()).toMatchObject({ method: 'mac', login: 'camera' })
  must(setPassphrase, { login: 'camera', passphrase: 'the key of a camera' })
  expect((await ask()).values).toMatchObject({ 'Tunnel-Password': 'the key of a camera' })
  // What does not speak of a Wi-Fi network is told nothing.
  expect((await ask({ more: { 'Called-Station-Id': AP } })).values).not.toHaveProperty('Tunnel-Password')
})

test('an unknown device is refused, and so is a bound one where no Wi-Fi network is named or another name is typed', async () => {
  const { subscriber, must, ask, last } = estate()
  subscriber('flat-1', 'the key of flat one')
  must(bindDevice, { login: 'flat-1', device: PHONE })
  expect((await ask({ device: TV })).code).toBe(codes.accessReject)
  expect(last()).toMatchObject({ reason: 'unknown-station', device: TV })
  // On a hotspot or a wire an address that anyone can copy is no key.
  for (const called of [AP, 'hotspot1'])
    expect((await ask({ more: { 'Called-Station-Id': called } })).code).toBe(codes.accessReject)
  expect((await ask({ more: { 'Calling-Station-Id': TV } })).code).toBe(codes.accessReject)
  expect((await ask({ more: { 'User-Password': 'something else' } })).code).toBe(codes.accessReject)
  expect(last()).toMatchObject({ reason: 'wrong-password' })
  expect((await ask()).code).toBe(codes.accessAccept)
})

test('where nobody has a passphrase an unknown device is what it was before', async () => {
  const { ask, last } = estate()
  expect((await ask()).code).toBe(codes.accessReject)
  expect(last()).toMatchObject({ reason: 'unknown-user' })
})

test('suspended, expired and over: who is not let in gets no passphrase', async () => {
  const { subscriber, must, ask, show, last } = estate()
  subscriber('flat-1', 'the key of flat one')
  must(bindDevice, { login: 'flat-1', device: PHONE })
  const expiresAt = new Date(Date.UTC(2020, 0, 1)).toISOString()
  const refusedFor = async (reason: string): Promise<void> => {
    for (const answer of [await ask(), await show('the key of flat one')]) {
      expect(answer.code).toBe(codes.accessReject)
      expect(Object.keys(answer.values)).not.toContain('Tunnel-Password')
      expect(last()).toMatchObject({ reason, login: 'flat-1' })
    }
  }
  must(changeSubscribers, { rows: [{ login: 'flat-1', expiresAt }] })
  await refusedFor('expired')
  must(suspendSubscriber, { login: 'flat-1' })
  await refusedFor('suspended')
})

test('a new passphrase is told from the next time on; one that is taken away is told no more', async () => {
  const { subscriber, must, ask, show, last } = estate()
  subscriber('flat-1', 'the key of flat one')
  must(bindDevice, { login: 'flat-1', device: PHONE })
  expect((await ask()).values).toMatchObject({ 'Tunnel-Password': 'the key of flat one' })
  must(setPassphrase, { login: 'flat-1', passphrase: 'another after the quarrel' })
  expect((await ask()).values).toMatchObject({ 'Tunnel-Password': 'another after the quarrel' })
  expect((await show('the key of flat one')).code).toBe(codes.accessReject)
  expect(last()).toMatchObject({ reason: 'wrong-passphrase' })
  expect((await show('another after the quarrel')).code).toBe(codes.accessAccept)
  must(removePassphrase, { login: 'flat-1' })
  expect((await ask()).code).toBe(codes.accessReject)
  expect((await show('another after the quarrel')).code).toBe(codes.accessReject)
})

test('a phone that nobody knows is found by the passphrase that it types, and takes a slot', async () => {
  const { subscriber, must, ask, show, last, clock } = estate({ bindDevices: 'first', deviceLimit: 2 })
  subscriber('flat-1', 'the key of flat one')
  subscriber('flat-2', 'the key of flat two')
  const first = await show('the key of flat two')
  expect(first.code).toBe(codes.accessAccept)
  expect(first.values).toMatchObject({ 'Tunnel-Password': 'the key of flat two', 'User-Name': 'flat-2' })
  expect(last()).toMatchObject({ outcome: 'accept', method: 'passphrase', login: 'flat-2', device: PHONE })
  // From now on it is known by its address.
  expect((await ask()).values).toMatchObject({ 'Tunnel-Password': 'the key of flat two' })
  expect((await show('the key of flat two', { device: LAPTOP })).code).toBe(codes.accessAccept)
  expect((await show('the key of flat two', { device: TV })).code).toBe(codes.accessReject)
  expect(last()).toMatchObject({ reason: 'other-device', login: 'flat-2', device: TV })
  must(freeDevice, { login: 'flat-2', device: LAPTOP })
  // Nobody came online with the slot that was held for the laptop.
  clock.advance((RESERVATION_SEC + 1) * 1000)
  expect((await show('the key of flat two', { device: TV })).code).toBe(codes.accessAccept)
  // A guest who moves next door types that flat's passphrase, whoever has the phone bound.
  expect((await show('the key of flat one')).values).toMatchObject({ 'User-Name': 'flat-1' })
})

test('devices online at once are as many as the plan has slots', async () => {
  const { subscriber, show, last } = estate({ deviceLimit: 2 })
  subscriber('flat-1', 'the key of flat one')
  for (const device of [PHONE, LAPTOP, PHONE])
    expect((await show('the key of flat one', { device })).code).toBe(codes.accessAccept)
  expect((await show('the key of flat one', { device: TV })).code).toBe(codes.accessReject)
  expect(last()).toMatchObject({ reason: 'device-limit' })
})

test('a passphrase that is nobody’s is refused, whatever the device, and so is a handshake that cannot be read', async () => {
  const { subscriber, must, show, ask, last } = estate()
  subscriber('flat-1', 'the key of flat one')
  must(bindDevice, { login: 'flat-1', device: PHONE })
  expect((await show('a passphrase of nobody')).code).toBe(codes.accessReject)
  expect(last()).toMatchObject({ reason: 'wrong-passphrase', grantNo: 0 })
  for (const frame of [Buffer.alloc(1), Buffer.alloc(121), Buffer.alloc(240, 255)]) {
    const more = { 'Attr-245.26.11344.1': Buffer.alloc(32), 'Attr-245.26.11344.2': frame }
    expect((await ask({ more })).code).toBe(codes.accessReject)
    expect(last()).toMatchObject({ reason: 'wrong-passphrase' })
  }
})

test('a router of a realm serves the passphrases of its realm', async () => {
  const { subscriber, show, ask, must } = estate()
  subscriber('flat-1@east', 'the key of the east')
  subscriber('flat-1@west', 'the key of the west')
  must(bindDevice, { login: 'flat-1@west', device: PHONE })
  expect((await show('the key of the east', { realm: 'east' })).code).toBe(codes.accessAccept)
  expect((await show('the key of the west', { realm: 'east' })).code).toBe(codes.accessReject)
  expect((await ask({ realm: 'east' })).code).toBe(codes.accessReject)
  expect((await ask({ realm: 'West' })).code).toBe(codes.accessAccept)
})

test('of many flats each phone finds its own, and a wrong passphrase none', async () => {
  const { subscriber, show, last } = estate()
  const keys = Array.from({ length: 40 }, (_, no) => `the key of flat ${no}`)
  for (const [no, key] of keys.entries()) subscriber(`flat-${no}`, key)
  const phones = fc.tuple(fc.nat(keys.length - 1), fc.nat(0xffff), fc.boolean())
  await fc.assert(
    fc.asyncProperty(phones, async ([no, tail, isRight]) => {
      const device = `02:00:00:00:${tail.toString(16).padStart(4, '0').toUpperCase().replace(/^../, '$&:')}`
      const { code, values } = await show(isRight ? keys[no]! : `${keys[no]!}!`, { device })
      expect([code, values['Tunnel-Password'], values['User-Name'], last().reason]).toEqual(
        isRight
          ? [codes.accessAccept, keys[no], `flat-${no}`, 'accepted']
          : [codes.accessReject, undefined, undefined, 'wrong-passphrase'],
      )
    }),
    { numRuns: 40, seed: 11 },
  )
})

/** What a phone with this passphrase has an access point ask, of whom nothing else is known. */
const question = (passphrase: string) => {
  const [anonce, snonce, bssid] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2), AP.replaceAll('-', ':')]
  const frame = stationFrame({ passphrase, ssid: SSID, apMac: bssid, stationMac: PHONE, anonce, snonce })
  return { station: { ssid: SSID, device: PHONE, bssid, shown: { anonce, frame } }, realm: undefined }
}

test('while keys are still being made a device is told to ask again, and is found when they are', async () => {
  const { subscriber, vault, log, read } = estate()
  const keys = Array.from({ length: 20 }, (_, no) => `the key of flat ${no}`)
  for (const [no, key] of keys.entries()) subscriber(`flat-${no}`, key)
  let nowMs = 0
  const slow = new Stations({ site: read, vault, log, monotonicMs: () => (nowMs += 1000) })
  expect(await slow.find(question(keys[19]!))).toEqual({ kind: 'none', reason: 'busy' })
  await expect.poll(() => slow.find(question(keys[19]!))).toEqual({ kind: 'found', login: 'flat-19' })
  expect(await slow.find(question('a passphrase of nobody'))).toEqual({ kind: 'none', reason: 'wrong-passphrase' })
})

test('of too many questions at once the last are told to ask again', async () => {
  const { subscriber, stations } = estate()
  subscriber('flat-1', 'the key of flat one')
  const answers = await Promise.all(Array.from({ length: 100 }, () => stations.find(question('the key of flat one'))))
  const counted = (kind: string): number => answers.filter((answer) => answer.kind === kind).length
  expect([counted('found'), counted('none')]).toEqual([64, 36])
  expect(await stations.find(question('the key of flat one'))).toMatchObject({ kind: 'found' })
})

test('no passphrase and no password stands in the log of decisions', async () => {
  const { subscriber, must, ask, show, logged, decisions } = estate()
  subscriber('flat-1', 'the key of flat one')
  must(bindDevice, { login: 'flat-1', device: PHONE })
  await ask()
  await ask({ vendor: 'cisco' })
  await show('the key of flat one')
  await show('a passphrase of nobody')
  const text = logged() + JSON.stringify(decisions)
  for (const word of ['the key of', 'passphrase of nobody', 'pw of']) expect(text).not.toContain(word)
  expect(decisions).toHaveLength(4)
})
