/** Data types of RFC 8044, under the names dictionaries use; `octets` also stands for what has no type of its own. */
export type AttributeType =
  | 'string'
  | 'octets'
  | 'integer'
  | 'signed'
  | 'integer64'
  | 'byte'
  | 'short'
  | 'date'
  | 'ipaddr'
  | 'ipv4prefix'
  | 'ipv6addr'
  | 'ipv6prefix'
  | 'combo-ip'
  | 'ifid'
  | 'ether'
  | 'tlv'
  | 'vsa'
  | 'extended'
  | 'long-extended'
  | 'evs'

export type AttributeDefinition = {
  readonly number: number
  readonly type: AttributeType
  /** Private Enterprise Number; absent for the attributes of the RFCs. */
  readonly vendor?: number
  /** Numbers of the attributes it stands inside (RFC 6929 extended types, tlv), outermost first. */
  readonly within?: readonly number[]
  /** The value begins with a tag (RFC 2868 §3). */
  readonly tag?: true
  /** 1 hidden as User-Password, 2 salted as Tunnel-Password, 3 Ascend's own way. */
  readonly encrypt?: 1 | 2 | 3
  /** A long value is spread over several attributes (EAP-Message). */
  readonly concat?: true
}

/** Octets of a vendor's type and length fields; `continued` adds one of flags (WiMAX). */
export type VendorFormat = { readonly typeOctets: number; readonly lengthOctets: number; readonly continued: boolean }
