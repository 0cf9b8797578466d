import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  codes,
  createRadiusClient,
  decodeAll,
  encodeNamed,
  hidePassword,
  prepareSecret,
  type NamedAttributes,
} from '../drivers/radius/index.ts'
import { stationFrame } from '../drivers/simulators/wifi-station.ts'
import { systemRandom } from '../kernel/src/base/index.ts'
import { newBox } from './box.ts'
import { Desk } from './wire/lab.ts'

const SECRET = 'a-secret-of-the-access-point'
const AP = '34-EF-B6-AF-48-9E'
const SSID = 'Estate'
const FLATS = 60

describe('Wi-Fi passphrases of subscribers', () => {
  const box = newBox()
  const random = systemRandom()
  const client = createRadiusClient({ random, monotonicMs: () => performance.now() })
  const secret = prepareSecret(Buffer.from(SECRET))
  const passphrases: string[] = []

  /** As hostapd asks: by address, with what the device signed beside it. */
  const ask = async (device: string, more: NamedAttributes = {}) => {
    const name = device.replaceAll(':', '').toLowerCase()
    let requestAuthenticator: Uint8Array = Buffer.alloc(0)
    const outcome = await client.request(
      { address: '127.0.0.1', port: box.ports.auth, secret },
      {
        code: codes.accessRequest,
        retransmission: { initialMs: 2000, intervalMaxMs: 4000, countMax: 3, durationMaxMs: 10_000 },
        attributes: (seal) => {
          requestAuthenticator = Buffer.from(seal.authenticator)
          return encodeNamed({
            'User-Name': name,
            'Attr-2': hidePassword(Buffer.from(name), seal.authenticator, seal.secret),
            'Called-Station-Id': `${AP}:${SSID}`,
            'Calling-Station-Id': device.replaceAll(':', '-'),
            'NAS-Port-Type': 19,
            ...more,
          })
        },
      },
    )
    if (outcome.type !== 'reply') throw new Error(`no answer: ${outcome.type}`)
    const decoded = decodeAll(outcome.packet, { secret, requestAuthenticator })
    const told = decoded.find(({ name: each }) => each === 'Tunnel-Password')?.value
    return { isAccepted: outcome.packet.code === codes.accessAccept, told }
  }
  const show = (passphrase: string, device: string) => {
    const [anonce, snonce] = [random.bytes(32), random.bytes(32)]
    const frame = stationFrame({ passphrase, ssid: SSID, apMac: AP, stationMac: device, anonce, snonce })
    return ask(device, { 'Attr-245.26.11344.1': anonce, 'Attr-245.26.11344.2': frame })
  }

  beforeAll(async () => {
    await box.start()
    const desk = await Desk.at(box)
    await desk.router('ap', '127.0.0.1', SECRET, { vendor: 'generic' })
    await desk.command('plans.add', { name: 'Flat', kind: '802.1x', policy: { downKbps: 9000, upKbps: 9000 } })
    for (let no = 0; no < FLATS; no++) {
      const login = `flat-${no}`
      await desk.command('subscribers.add', { login, password: `pw-${no}`, plan: 'Flat' })
      const given = no < 3 ? {} : { passphrase: `the key of flat ${no}` }
      const { passphrase } = await desk.command<{ passphrase: string }>('grants.setPassphrase', { login, ...given })
      passphrases.push(passphrase)
    }
    await desk.close()
  })
  afterAll(async () => {
    client.close()
    await box.remove()
  })

  test('any phone is found among all flats by what it types, and gets that back', async () => {
    for (const no of [0, 1, 30, FLATS - 1]) {
      const device = `02:00:00:00:00:${String(no).padStart(2, '0')}`
      expect(await show(passphrases[no]!, device)).toEqual({ isAccepted: true, told: passphrases[no] })
    }
    expect(await show('a passphrase of nobody', '02:00:00:00:01:00')).toMatchObject({ isAccepted: false })
    const [decision] = await box.json<{ reason: string; method: string }[]>('decisions', 'flat-30')
    expect(decision).toMatchObject({ reason: 'accepted', method: 'passphrase' })
  })

  test('an access point that asks by address gets it for a bound device, and for no other', async () => {
    const tv = '02:00:00:00:02:01'
    expect(await ask(tv)).toMatchObject({ isAccepted: false })
    expect(await box.json('subscriber', 'bind', 'flat-7', tv)).toMatchObject({ device: tv })
    expect(await ask(tv)).toEqual({ isAccepted: true, told: passphrases[7] })
    await box.json('subscriber', 'suspend', 'flat-7')
    expect(await ask(tv)).toEqual({ isAccepted: false, told: undefined })
    await box.json('subscriber', 'resume', 'flat-7')
  })

  test('it goes on over a new key of the box, another passphrase and its end', async () => {
    await box.json('keys', 'rotate')
    const phone = '02:00:00:00:03:01'
    expect(await show(passphrases[5]!, phone)).toMatchObject({ isAccepted: true, told: passphrases[5] })
    const { passphrase } = await box.json<{ passphrase: string }>('subscriber', 'wifi', 'flat-5', '--make')
    expect(await show(passphrases[5]!, phone)).toMatchObject({ isAccepted: false })
    expect(await show(passphrase, phone)).toMatchObject({ isAccepted: true, told: passphrase })
    expect(await box.json('subscriber', 'wifi', 'flat-5', '--show')).toMatchObject({ passphrase })
    expect(await box.json('subscriber', 'wifi', 'flat-5', '--remove')).toMatchObject({ had: true })
    expect(await show(passphrase, phone)).toMatchObject({ isAccepted: false })
  })

  test('no passphrase stands in a file or in what the box writes', async () => {
    await box.stop()
    const files = ['site.db', 'sessions.db'].map((name) => readFileSync(join(box.data, name), 'latin1')).join('')
    for (const passphrase of passphrases) {
      expect(files).not.toContain(passphrase)
      expect(box.output()).not.toContain(passphrase)
    }
  })
})
