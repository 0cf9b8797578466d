import { createHmac, pbkdf2Sync } from 'node:crypto'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { macOctets, stationFrame } from '../../simulators/wifi-station.ts'
import { aesCmac, isWpaKeyOf, wpaMasterKey, wpaTrial, type Handshake } from './wpa.ts'

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')

// IEEE 802.11-2020 J.4.2
test.each([
  ['password', 'IEEE', 'f42c6fc52df0ebef9ebb4b90b38a5f902e83fe1b135a70e23aed762e9710a12e'],
  ['ThisIsAPassword', 'ThisIsASSID', '0dc0d6eb90555ed6419756b9a15ec3e3209b63df707dd508d14581f8982721af'],
  ['a'.repeat(32), 'Z'.repeat(32), 'becb93866bb8c3832cb777c2f559807c8c59afcb6eae734885001300a981cc62'],
])('the master key of %s on %s is the printed one', async (passphrase, ssid, key) => {
  expect((await wpaMasterKey(passphrase, Buffer.from(ssid))).toString('hex')).toBe(key)
})

// RFC 4493 §4
test.each([
  ['', 'bb1d6929e95937287fa37d129b756746'],
  ['6bc1bee22e409f96e93d7e117393172a', '070a16b46b4d4144f79bdd9dd04a287c'],
  [
    '6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411',
    'dfa66747de9ae63030ca32611497c827',
  ],
])('AES-CMAC of %j', (message, mac) => {
  expect(aesCmac(hex('2b7e151628aed2a6abf7158809cf4f3c'), hex(message)).toString('hex')).toBe(mac)
})

/** What a hostapd sent to FreeRADIUS, whose tests have it: the passphrase was typed on a real phone. */
const recorded: Handshake = {
  apMac: hex('34efb6af489e'),
  stationMac: hex('8ab3a0ebd5e5'),
  anonce: hex('4df70a4285c5c61f177cdbfc29d7e3cac94167f6101f1bcab420dd50c4f8809d'),
  frame: hex(
    '0203007502010a00100000000000000001c3bb319516614aacfb44e933bf1671131fb1856e5b2721952d414ce3f5aa312b' +
      '0000000000000000000000000000000000000000000000000000000000000000' +
      '35cddcedad0dfb6a12a2eca55c17c323001630140100000fac040100000fac040100000fac028c00',
  ),
}

test('a handshake of a real phone shows its passphrase, and no other', async () => {
  const trial = wpaTrial(recorded)!
  const of = (passphrase: string, ssid = 'Andrena_39_Lincoln') => wpaMasterKey(passphrase, Buffer.from(ssid))
  expect(isWpaKeyOf(await of('Pancakes1124'), trial)).toBe(true)
  expect(isWpaKeyOf(await of('Pancakes1125'), trial)).toBe(false)
  expect(isWpaKeyOf(await of('Pancakes1124', 'Another'), trial)).toBe(false)
})

/** The same message by a phone that speaks AKM 6, made from the standard's formulas. */
const signedBySha256 = (master: Buffer): Handshake => {
  const frame = Buffer.from(recorded.frame)
  frame.writeUInt16BE(0x010b, 5)
  frame.fill(0, 81, 97)
  const snonce = frame.subarray(17, 49)
  const nonces = [Buffer.from(recorded.anonce), snonce].toSorted((a, b) => Buffer.compare(a, b))
  const context = Buffer.concat([Buffer.from(recorded.apMac), Buffer.from(recorded.stationMac), ...nonces])
  const input = Buffer.concat([hex('0100'), Buffer.from('Pairwise key expansion'), context, hex('8001')])
  const key = createHmac('sha256', master).update(input).digest().subarray(0, 16)
  aesCmac(key, frame).copy(frame, 81)
  return { ...recorded, frame }
}

test('a phone that signs with AES and SHA-256 is known as well', () => {
  const master = pbkdf2Sync('Pancakes1124', 'Lab', 4096, 32, 'sha1')
  const trial = wpaTrial(signedBySha256(master))!
  expect(trial.version).toBe(3)
  expect(isWpaKeyOf(master, trial)).toBe(true)
  expect(isWpaKeyOf(pbkdf2Sync('Pancakes1125', 'Lab', 4096, 32, 'sha1'), trial)).toBe(false)
})

test('of many passphrases exactly the one that was typed signs, and with a bit changed none does', () => {
  const mac = fc.uint8Array({ minLength: 6, maxLength: 6 }).map((octets) => Buffer.from(octets).toString('hex'))
  const nonce = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((octets) => Buffer.from(octets))
  const passphrases = fc.uniqueArray(fc.stringMatching(/^[ -~]{8,63}$/), { minLength: 2, maxLength: 5 })
  fc.assert(
    fc.property(passphrases, fc.nat(), mac, mac, nonce, nonce, fc.nat(), (all, pick, apMac, stationMac, a, s, bit) => {
      const passphrase = all[pick % all.length]!
      const frame = stationFrame({ passphrase, ssid: 'Estate', apMac, stationMac, anonce: a, snonce: s })
      const shown = { apMac: macOctets(apMac), stationMac: macOctets(stationMac), anonce: a, frame }
      const keys = all.map((each) => pbkdf2Sync(each, 'Estate', 4096, 32, 'sha1'))
      const trial = wpaTrial(shown)!
      expect(keys.map((key) => isWpaKeyOf(key, trial))).toEqual(all.map((each) => each === passphrase))
      // Anywhere behind the header: in the nonce, the MIC or the data.
      const spoilt = Buffer.from(frame)
      const at = 17 + ((bit % ((frame.length - 17) * 8)) >> 3)
      spoilt[at] = spoilt[at]! ^ (1 << (bit & 7))
      const other = wpaTrial({ ...shown, frame: spoilt })
      expect(other !== undefined && keys.some((key) => isWpaKeyOf(key, other))).toBe(false)
    }),
    { numRuns: 40 },
  )
})

test('what is no message 2 of a known kind is not tried', () => {
  const { frame } = recorded
  const changed = (at: number, value: number): Handshake => {
    const other = Buffer.from(frame)
    other[at] = value
    return { ...recorded, frame: other }
  }
  for (let length = 0; length < frame.length; length++)
    expect(wpaTrial({ ...recorded, frame: frame.subarray(0, length) })).toBeUndefined()
  expect(wpaTrial({ ...recorded, frame: Buffer.concat([frame, Buffer.alloc(1)]) })).toBeUndefined()
  expect(wpaTrial({ ...recorded, frame: Buffer.alloc(4096) })).toBeUndefined()
  for (const [at, value] of [
    [1, 0],
    [4, 254],
    [6, 0x09],
    [6, 0x8a],
    [5, 0x03],
    [5, 0x00],
  ] as const)
    expect(wpaTrial(changed(at, value))).toBeUndefined()
  expect(wpaTrial({ ...recorded, anonce: Buffer.alloc(31) })).toBeUndefined()
  expect(wpaTrial({ ...recorded, apMac: Buffer.alloc(5) })).toBeUndefined()
  expect(wpaTrial({ ...recorded, stationMac: Buffer.alloc(0) })).toBeUndefined()
})
