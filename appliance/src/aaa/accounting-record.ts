/**
 * From an accounting packet's octets to a record, read in one pass: the writer does this for every packet, so it
 * makes no object per attribute and no text that it does not need.
 */
import { attributes } from '@lango/drivers/radius'
import { isUtf8 } from 'node:buffer'
import { normaliseDevice } from '@lango/modules/access/rules'
import type { AccountingRecord, OctetReport, RecordStatus } from '@lango/modules/sessions/rules'

const HEADER_OCTETS = 20
const USER_NAME = attributes['User-Name'].number
const NAS_IP_ADDRESS = attributes['NAS-IP-Address'].number
const NAS_PORT = attributes['NAS-Port'].number
const FRAMED_IP_ADDRESS = attributes['Framed-IP-Address'].number
const CLASS = attributes['Class'].number
const CALLED_STATION_ID = attributes['Called-Station-Id'].number
const CALLING_STATION_ID = attributes['Calling-Station-Id'].number
const NAS_IDENTIFIER = attributes['NAS-Identifier'].number
const ACCT_STATUS_TYPE = attributes['Acct-Status-Type'].number
const ACCT_DELAY_TIME = attributes['Acct-Delay-Time'].number
const ACCT_INPUT_OCTETS = attributes['Acct-Input-Octets'].number
const ACCT_OUTPUT_OCTETS = attributes['Acct-Output-Octets'].number
const ACCT_SESSION_ID = attributes['Acct-Session-Id'].number
const ACCT_SESSION_TIME = attributes['Acct-Session-Time'].number
const ACCT_TERMINATE_CAUSE = attributes['Acct-Terminate-Cause'].number
const ACCT_INPUT_GIGAWORDS = attributes['Acct-Input-Gigawords'].number
const ACCT_OUTPUT_GIGAWORDS = attributes['Acct-Output-Gigawords'].number
const EVENT_TIMESTAMP = attributes['Event-Timestamp'].number
const ACCT_INTERIM_INTERVAL = attributes['Acct-Interim-Interval'].number
const NAS_PORT_ID = attributes['NAS-Port-Id'].number
const FRAMED_IPV6_PREFIX = attributes['Framed-IPv6-Prefix'].number
const FRAMED_IPV6_ADDRESS = attributes['Framed-IPv6-Address'].number
const DELEGATED_IPV6_PREFIX = attributes['Delegated-IPv6-Prefix'].number

/** A retry is worth a day at most: an older delay is a NAS whose clock or counter is wrong. */
const DELAY_SEC_MAX = 86_400
/** An Event-Timestamp this far from our clock is a NAS that does not know the time. */
const EVENT_SKEW_MAX_MS = 86_400_000

/** What Acct-Status-Type asks for; `nas` is Accounting-On or -Off; `other` is answered and not stored. */
export type PacketStatus = RecordStatus | 'nas' | 'other'

const HEX_MARK = Buffer.from('hex:')

/**
 * Octets as text: UTF-8 where they are, else `hex:` and the digits. Text that itself begins with `hex:` is spelt that
 * way too, so that two names never become one.
 */
export const octetText = (bytes: Buffer, start: number, end: number): string => {
  if (bytes[start] === HEX_MARK[0] && bytes.subarray(start, Math.min(start + HEX_MARK.length, end)).equals(HEX_MARK))
    return `hex:${bytes.toString('hex', start, end)}`
  for (let i = start; i < end; i++) {
    if (bytes[i]! < 0x80) continue
    const octets = bytes.subarray(start, end)
    return isUtf8(octets) ? bytes.toString('utf8', start, end) : `hex:${octets.toString('hex')}`
  }
  return bytes.toString('latin1', start, end)
}

/** One reader serves one thread: `read` points it at a packet, the getters take what is wanted from it. */
export class AccountingReader {
  readonly #from = new Int32Array(256)
  readonly #to = new Int32Array(256)
  #bytes: Buffer = Buffer.alloc(0)
  #start = 0

  /** Points the reader at the packet at `start`, which the codec has found well formed. */
  read(bytes: Buffer, start: number, end: number): void {
    this.#bytes = bytes
    this.#start = start
    this.#from.fill(0)
    for (let at = start + HEADER_OCTETS; at < end; at += bytes[at + 1]!) {
      const type = bytes[at]!
      if (this.#from[type] !== 0) continue
      this.#from[type] = at + 2
      this.#to[type] = at + bytes[at + 1]!
    }
  }

  get status(): PacketStatus {
    const code = this.#uint32(ACCT_STATUS_TYPE)
    if (code === 1) return 'start'
    if (code === 2) return 'stop'
    if (code === 3) return 'interim'
    return code === 7 || code === 8 ? 'nas' : 'other'
  }

  /** True when the packet has what a record needs (RFC 2866 §4.1): a status, and a session id where one applies. */
  get complete(): boolean {
    const status = this.#uint32(ACCT_STATUS_TYPE)
    if (status === undefined) return false
    return status > 3 || this.#has(ACCT_SESSION_ID)
  }

  get nas(): string {
    return this.#text(NAS_IDENTIFIER) || this.#ipv4(NAS_IP_ADDRESS)
  }

  get acctSessionId(): string {
    return this.#text(ACCT_SESSION_ID)
  }

  get details() {
    return {
      calledStationId: this.#text(CALLED_STATION_ID),
      framedIp: this.#ipv4(FRAMED_IP_ADDRESS),
      framedIpv6Prefix: this.framedIpv6Prefix,
      delegatedIpv6Prefix: this.#prefix(DELEGATED_IPV6_PREFIX),
      nasPort: this.#text(NAS_PORT_ID) || String(this.#uint32(NAS_PORT) ?? ''),
      interimSec: this.#uint32(ACCT_INTERIM_INTERVAL) ?? 0,
      terminateCause: this.#uint32(ACCT_TERMINATE_CAUSE),
    }
  }

  get className(): string {
    return this.#text(CLASS)
  }

  /** Whether descriptive attributes came that a session opened by a late Start may still lack. */
  get framedIp(): string {
    return this.#ipv4(FRAMED_IP_ADDRESS)
  }

  /** RFC 6911: a router that knows of one address only tells it whole. */
  get framedIpv6Prefix(): string {
    return this.#prefix(FRAMED_IPV6_PREFIX) || this.#ipv6(FRAMED_IPV6_ADDRESS)
  }

  record(status: RecordStatus, receivedAt: number, swapped: boolean): AccountingRecord {
    const received = this.#octets(ACCT_INPUT_OCTETS, ACCT_INPUT_GIGAWORDS)
    const sent = this.#octets(ACCT_OUTPUT_OCTETS, ACCT_OUTPUT_GIGAWORDS)
    return {
      status,
      receivedAt,
      eventAt: this.#eventAt(receivedAt),
      sessionTimeSec: this.#uint32(ACCT_SESSION_TIME),
      input: swapped ? sent : received,
      output: swapped ? received : sent,
      userName: this.#text(USER_NAME),
      device: normaliseDevice(this.#text(CALLING_STATION_ID)),
      authenticator:
        status === 'start' ? this.#bytes.toString('hex', this.#start + 4, this.#start + HEADER_OCTETS) : '',
      terminateCause: status === 'stop' ? this.#uint32(ACCT_TERMINATE_CAUSE) : undefined,
    }
  }

  #eventAt(receivedAt: number): number | undefined {
    const delaySec = this.#uint32(ACCT_DELAY_TIME)
    if (delaySec !== undefined && delaySec <= DELAY_SEC_MAX) return receivedAt - delaySec * 1000
    const stampSec = this.#uint32(EVENT_TIMESTAMP)
    if (stampSec === undefined || Math.abs(stampSec * 1000 - receivedAt) > EVENT_SKEW_MAX_MS) return undefined
    return stampSec * 1000
  }

  #octets(lowType: number, highType: number): OctetReport | undefined {
    const low = this.#uint32(lowType)
    const gigawords = this.#uint32(highType)
    return low === undefined && gigawords === undefined ? undefined : { low: low ?? 0, gigawords }
  }

  #has(type: number): boolean {
    return this.#to[type]! > this.#from[type]! && this.#from[type] !== 0
  }

  #uint32(type: number): number | undefined {
    const from = this.#from[type]!
    return from !== 0 && this.#to[type]! - from === 4 ? this.#bytes.readUInt32BE(from) : undefined
  }

  #text(type: number): string {
    return this.#has(type) ? octetText(this.#bytes, this.#from[type]!, this.#to[type]!) : ''
  }

  #ipv4(type: number): string {
    const from = this.#from[type]!
    if (from === 0 || this.#to[type]! - from !== 4) return ''
    const b = this.#bytes
    return `${b[from]}.${b[from + 1]}.${b[from + 2]}.${b[from + 3]}`
  }

  #ipv6(type: number): string {
    const from = this.#from[type]!
    return from !== 0 && this.#to[type]! - from === 16 ? `${ipv6Text(this.#bytes.subarray(from, from + 16))}/128` : ''
  }

  /** RFC 3162 §2.3: reserved, prefix length, then up to 16 octets of prefix. */
  #prefix(type: number): string {
    if (!this.#has(type)) return ''
    const from = this.#from[type]! + 2
    const octets = Buffer.alloc(16)
    if (this.#to[type]! < from || this.#to[type]! - from > 16) return ''
    this.#bytes.copy(octets, 0, from, this.#to[type])
    return `${ipv6Text(octets)}/${this.#bytes[from - 1]}`
  }
}

const ipv6Text = (octets: Buffer): string =>
  compress(Array.from({ length: 8 }, (_, i) => octets.readUInt16BE(i * 2).toString(16)))

/** RFC 5952: the longest run of zero groups as `::`. */
const compress = (groups: string[]): string => {
  let best = { at: 0, length: 0 }
  for (let at = 0; at < 8; at++) {
    let length = 0
    while (at + length < 8 && groups[at + length] === '0') length += 1
    if (length > best.length) best = { at, length }
  }
  if (best.length < 2) return groups.join(':')
  return `${groups.slice(0, best.at).join(':')}::${groups.slice(best.at + best.length).join(':')}`
}
