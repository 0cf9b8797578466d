/**
 * The key of a Wi-Fi network with passphrases, and how message 2 of its 4-way handshake shows which one the device has
 * (IEEE 802.11-2020 §12.7.1.2, §12.7.2, J.4). Only WPA2 with AKM 2 (SHA-1) and AKM 6 (SHA-256): TKIP is broken, fast
 * roaming (802.11r) derives its keys in steps that no RADIUS server sees, and WPA3 shows no handshake that could be tried.
 */
import { createCipheriv, createHmac, pbkdf2 } from 'node:crypto'
import { equalOctets } from './equal.ts'

const MASTER_ITERATIONS = 4096
const MASTER_OCTETS = 32
const NONCE_OCTETS = 32
const MAC_OCTETS = 6
const MIC_OCTETS = 16
const KEY_OCTETS = 16

/** EAPOL: version, type, length; then the descriptor (802.11 §12.7.2). */
const EAPOL_KEY = 3
const RSN_DESCRIPTOR = 2
const BODY_AT = 4
const INFO_AT = BODY_AT + 1
const SNONCE_AT = BODY_AT + 13
const MIC_AT = BODY_AT + 77
const KEY_DATA_AT = BODY_AT + 95
/** What RADIUS could bring in one attribute, and more than any device sends. */
const FRAME_OCTETS_MAX = 512

const VERSION_BITS = 0b111
const HMAC_SHA1 = 2
const AES_CMAC = 3
/** Pairwise and with a MIC, of message 2 neither acknowledged (a request of the AP) nor final (Secure, message 4). */
const INFO_MASK = 0x0008 | 0x0080 | 0x0100 | 0x0200
const INFO_MESSAGE_2 = 0x0008 | 0x0100

const LABEL = 'Pairwise key expansion'

/** The pairwise master key of a passphrase on a network; 4,096 rounds, so in a thread of the pool. */
export const wpaMasterKey = (passphrase: string, ssid: Uint8Array): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    pbkdf2(passphrase, ssid, MASTER_ITERATIONS, MASTER_OCTETS, 'sha1', (error, key) =>
      error ? reject(error) : resolve(key),
    )
  })

/** What an access point sends of a handshake whose passphrase it does not know. */
export type Handshake = {
  readonly apMac: Uint8Array
  readonly stationMac: Uint8Array
  readonly anonce: Uint8Array
  /** Message 2 with its EAPOL header, as it came from the device. */
  readonly frame: Uint8Array
}

/** A handshake made ready to try many keys on: the same octets are hashed for each. */
export type WpaTrial = {
  readonly version: typeof HMAC_SHA1 | typeof AES_CMAC
  readonly expansion: Buffer
  readonly unsigned: Buffer
  readonly mic: Buffer
}

/** Undefined when the frame is no message 2 of a kind that is known here. */
export const wpaTrial = ({ apMac, stationMac, anonce, frame }: Handshake): WpaTrial | undefined => {
  const octets = Buffer.from(frame)
  const version = versionOf(octets)
  if (version === undefined || anonce.length !== NONCE_OCTETS) return undefined
  if (apMac.length !== MAC_OCTETS || stationMac.length !== MAC_OCTETS) return undefined
  const snonce = octets.subarray(SNONCE_AT, SNONCE_AT + NONCE_OCTETS)
  const data = Buffer.concat([...inOrder(apMac, stationMac), ...inOrder(anonce, snonce)])
  const mic = Buffer.from(octets.subarray(MIC_AT, MIC_AT + MIC_OCTETS))
  octets.fill(0, MIC_AT, MIC_AT + MIC_OCTETS)
  return { version, expansion: version === AES_CMAC ? sha256Input(data) : sha1Input(data), unsigned: octets, mic }
}

const versionOf = (frame: Buffer): WpaTrial['version'] | undefined => {
  if (frame.length < KEY_DATA_AT || frame.length > FRAME_OCTETS_MAX) return undefined
  if (frame[1] !== EAPOL_KEY || frame[BODY_AT] !== RSN_DESCRIPTOR) return undefined
  if (frame.readUInt16BE(2) !== frame.length - BODY_AT) return undefined
  const info = frame.readUInt16BE(INFO_AT)
  const version = info & VERSION_BITS
  if ((info & INFO_MASK) !== INFO_MESSAGE_2) return undefined
  return version === HMAC_SHA1 || version === AES_CMAC ? version : undefined
}

const inOrder = (a: Uint8Array, b: Uint8Array): readonly [Uint8Array, Uint8Array] =>
  Buffer.compare(a, b) < 0 ? [a, b] : [b, a]

/** The first block of PRF (§12.7.1.2): label, a zero, data, counter 0. */
const sha1Input = (data: Buffer): Buffer => Buffer.concat([Buffer.from(`${LABEL}\0`), data, Buffer.of(0)])

/** The first block of KDF-384 (§12.7.1.6.2): counter 1 and the length in bits, little-endian. */
const sha256Input = (data: Buffer): Buffer =>
  Buffer.concat([Buffer.of(1, 0), Buffer.from(LABEL), data, Buffer.of(384 & 255, 384 >> 8)])

/** Whether this master key signed the handshake. */
export const isWpaKeyOf = (master: Uint8Array, { version, expansion, unsigned, mic }: WpaTrial): boolean => {
  const hash = version === AES_CMAC ? 'sha256' : 'sha1'
  const confirmation = createHmac(hash, master).update(expansion).digest().subarray(0, KEY_OCTETS)
  return equalOctets(wpaMic(version, confirmation, unsigned), mic)
}

/** The MIC of a key frame whose own is zero. */
const wpaMic = (version: WpaTrial['version'], key: Uint8Array, frame: Uint8Array): Buffer =>
  version === AES_CMAC ? aesCmac(key, frame) : createHmac('sha1', key).update(frame).digest().subarray(0, MIC_OCTETS)

const BLOCK_OCTETS = 16

/** AES-128-CMAC (RFC 4493), which node:crypto does not offer: CBC over all blocks, the last one under a subkey. */
export const aesCmac = (key: Uint8Array, message: Uint8Array): Buffer => {
  const blocks = Math.max(1, Math.ceil(message.length / BLOCK_OCTETS))
  const padded = Buffer.alloc(blocks * BLOCK_OCTETS)
  padded.set(message)
  const isWhole = message.length === padded.length
  if (!isWhole) padded[message.length] = 0x80
  const first = doubled(cbc(key, Buffer.alloc(BLOCK_OCTETS)))
  const subkey = isWhole ? first : doubled(first)
  const last = padded.subarray(-BLOCK_OCTETS)
  for (let at = 0; at < BLOCK_OCTETS; at++) last[at] = last[at]! ^ subkey[at]!
  return cbc(key, padded).subarray(-BLOCK_OCTETS)
}

const cbc = (key: Uint8Array, blocks: Buffer): Buffer =>
  createCipheriv('aes-128-cbc', key, Buffer.alloc(BLOCK_OCTETS)).setAutoPadding(false).update(blocks)

/** Multiplies by x in GF(2^128). */
const doubled = (block: Buffer): Buffer => {
  const carry = block[0]! >> 7
  const out = Buffer.alloc(BLOCK_OCTETS)
  for (let at = 0; at < BLOCK_OCTETS; at++) out[at] = (block[at]! << 1) | ((block[at + 1] ?? 0) >> 7)
  out[BLOCK_OCTETS - 1] = out[BLOCK_OCTETS - 1]! ^ (carry * 0x87)
  return out
}
