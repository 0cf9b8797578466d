/**
 * Tickets: what a browser holds of a purchase or of a grant, signed, in the address and as a cookie; of a wallet as a
 * cookie alone. Whoever has one may see it, and go online with it, or pay from it. They end by themselves, and with the key of the box.
 */
import { timingSafeEqual } from 'node:crypto'
import type { Clock, Vault } from '@lango/kernel'

export type Ticket =
  | { readonly kind: 'purchase'; readonly purchaseId: string }
  | { readonly kind: 'grant'; readonly grantNo: number }
  /** Of an open wallet, and of the code that has opened it. */
  | { readonly kind: 'wallet'; readonly number: number; readonly codeNo: number }

const PURPOSE = 'portal.ticket'
/** 128 bits of the keyed hash. */
const SIGN_CHARACTERS = 32
const SHAPE =
  /^(?:p-(?<purchase>[a-z]+_[0-9a-z-]{1,48})|g-(?<grant>[1-9]\d{0,14})|w-(?<wallet>[1-9]\d{0,14})-(?<codeNo>[1-9]\d{0,8}))\.(?<until>[0-9a-z]{1,9})\.(?<sign>[0-9a-f]{32})$/

export type Tickets = {
  write(ticket: Ticket): string
  /** Undefined for what is no ticket of this box, or is over. */
  read(text: string): Ticket | undefined
}

/** They last so long: longer than a phone keeps its network, shorter than a phone is handed on. */
export const TICKET_LIFE_MS = 35 * 86_400_000

const spelt = (ticket: Ticket): string => {
  if (ticket.kind === 'wallet') return `w-${ticket.number}-${ticket.codeNo}`
  return ticket.kind === 'purchase' ? `p-${ticket.purchaseId}` : `g-${ticket.grantNo}`
}

export const createTickets = (vault: Pick<Vault, 'keyedHash'>, clock: Pick<Clock, 'now'>): Tickets => {
  const signOf = (open: string): string => vault.keyedHash(open, PURPOSE).slice(0, SIGN_CHARACTERS)
  return {
    write(ticket) {
      const what = spelt(ticket)
      // In minutes: the same ticket is the same text for a while, so that an address does not change with every look.
      const open = `${what}.${Math.floor((clock.now() + TICKET_LIFE_MS) / 60_000).toString(36)}`
      return `${open}.${signOf(open)}`
    },
    read(text) {
      const { purchase, grant, wallet, codeNo, until, sign } = SHAPE.exec(text)?.groups ?? {}
      if (until === undefined || sign === undefined) return undefined
      const open = text.slice(0, -sign.length - 1)
      if (!timingSafeEqual(Buffer.from(sign), Buffer.from(signOf(open)))) return undefined
      if (Number.parseInt(until, 36) * 60_000 < clock.now()) return undefined
      if (wallet !== undefined) return { kind: 'wallet', number: Number(wallet), codeNo: Number(codeNo) }
      return purchase === undefined
        ? { kind: 'grant', grantNo: Number(grant) }
        : { kind: 'purchase', purchaseId: purchase }
    },
  }
}
