/** What a phone scans: the portal with the code filled in, where the box knows how phones reach it; else the code. */
import type { Desk } from '@lango/kernel/ui'

/** As the box tells it of its portal. */
export type PortalEntry = {
  /** With `CODE` where the code belongs. */
  readonly voucherUrl?: string
  /** The Wi-Fi, and what a code says that joins it. */
  readonly wifi?: { readonly name: string; readonly code: string }
}

export const entryOf = async (desk: Pick<Desk, 'may' | 'box'>): Promise<PortalEntry> => {
  if (!desk.may('vouchers.sell')) return {}
  const told = await desk.box<PortalEntry>('portal.entry', {})
  return told.ok ? told.value : {}
}

export const scannedText = (url: string | undefined, code: string): string =>
  url === undefined ? code : url.replaceAll('CODE', encodeURIComponent(code))
