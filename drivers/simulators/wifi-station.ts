/**
 * A phone that joins a WPA2 network, as far as message 2 of the 4-way handshake. Made with node:crypto alone, so that
 * what it signs checks the product's own code.
 */
import { createHmac, pbkdf2Sync } from 'node:crypto'

export type StationHello = {
  readonly passphrase: string
  readonly ssid: string
  /** `AA:BB:CC:DD:EE:FF`, both. */
  readonly apMac: string
  readonly stationMac: string
  readonly anonce: Buffer
  readonly snonce: Buffer
}

/** What the phone puts in: its RSN element, WPA2-PSK with CCMP. */
const KEY_DATA = Buffer.from('30140100000fac040100000fac040100000fac020000', 'hex')
const MIC_AT = 81

export const macOctets = (mac: string): Buffer => Buffer.from(mac.replaceAll(/[:-]/g, ''), 'hex')

const sorted = (...octets: Buffer[]): Buffer => Buffer.concat(octets.toSorted((a, b) => Buffer.compare(a, b)))

/** Message 2 with its EAPOL header, signed by the passphrase. */
export const stationFrame = ({ passphrase, ssid, apMac, stationMac, anonce, snonce }: StationHello): Buffer => {
  const body = Buffer.concat([
    Buffer.from('02010a0010', 'hex'),
    Buffer.from('0000000000000001', 'hex'),
    snonce,
    Buffer.alloc(16 + 8 + 8 + 16),
    Buffer.of(0, KEY_DATA.length),
    KEY_DATA,
  ])
  const frame = Buffer.concat([Buffer.of(1, 3, 0, body.length), body])
  const master = pbkdf2Sync(passphrase, ssid, 4096, 32, 'sha1')
  const expansion = [sorted(macOctets(apMac), macOctets(stationMac)), sorted(anonce, snonce), Buffer.of(0)]
  const confirmation = createHmac('sha1', master)
    .update(Buffer.concat([Buffer.from('Pairwise key expansion\0'), ...expansion]))
    .digest()
    .subarray(0, 16)
  createHmac('sha1', confirmation).update(frame).digest().copy(frame, MIC_AT, 0, 16)
  return frame
}
