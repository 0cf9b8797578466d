import type { RawDatabase } from '@lango/kernel/db'

export type ClaimFault =
  | { readonly type: 'MacTaken'; readonly mac: string }
  | { readonly type: 'SerialTaken'; readonly serial: string }

type Claims = { readonly macLogin: string | undefined; readonly serialLogin: boolean }

/** What logs in by itself, a device or a line, does so for one subscriber: of two nobody could say who it is. */
export const claimsAgainst = (raw: RawDatabase) => {
  const byMac = raw.prepare<[string, string], { no: number }>('SELECT no FROM grants WHERE mac_login = ? AND id <> ?')
  const bySerial = raw.prepare<[string, string], { no: number }>(
    'SELECT no FROM grants WHERE serial = ? AND serial_login = 1 AND id <> ?',
  )
  /** Undefined when nobody but the grant itself has it; a new one has no id yet. */
  return ({ macLogin, serialLogin }: Claims, serial: string | undefined, grantId = ''): ClaimFault | undefined => {
    if (macLogin !== undefined && byMac.get(macLogin, grantId)) return { type: 'MacTaken', mac: macLogin }
    const isTaken = serialLogin && serial !== undefined && bySerial.get(serial, grantId)
    return isTaken ? { type: 'SerialTaken', serial } : undefined
  }
}
