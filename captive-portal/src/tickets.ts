/**
 * Tickets: what a browser holds of a purchase or of a grant, signed, in the address and as a cookie. Whoever has one may
 * see it, and go online with it. They end by themselves, and with the key of the box.
 */
import { timingSafeEqual } from 'node:crypto'
import type { Clock, Vault } from '@lango/kernel'

export type Ticket =
  | { readonly kind: 'purchase'; readonly purchaseId: string }
  | { readonly kind: 'grant'; readonly grantNo: number }

const PURPOSE = 'portal.ticket'
/** 128 bits of the keyed hash. */
const SIGN_CHARACTERS = 32
const SHAPE =
  /^(?:p-(?<purchase>[a-z]+_[0-9a-z-]{1,48})|g-(?<grant>[1-9]\d{0,14}))\.(?<until>[0-9a-z]{1,9})\.(?<sign>[0-9a-f]{32})$/

export type Tickets = {
  write(ticket: Ticket): string
  /** Undefined for what is no ticket of this box, or is over. */
  read(text: string): Ticket | undefined
}

/** They last so long: longer than a phone keeps its network, shorter than a phone is handed on. */
export const TICKET_LIFE_MS = 35 * 86_400_000

export const createTickets = (vault: Pick<Vault, 'keyedHash'>, clock: Pick<Clock, 'now'>): Tickets => {
  const signOf = (open: string): string => vault.keyedHash(open, PURPOSE).slice(0, SIGN_CHARACTERS)
  return {
    write(ticket) {
      const what = ticket.kind === 'purchase' ? `p-${ticket.purchaseId}` : `g-${ticket.grantNo}`
      // In minutes: the same ticket is the same text for a while, so that an address does not change with every look.
      const open = `${what}.${Math.floor((clock.now() + TICKET_LIFE_MS) / 60_000).toString(36)}`
      return `${open}.${signOf(open)}`
    },
    read(text) {
      const { purchase, grant, until, sign } = SHAPE.exec(text)?.groups ?? {}
      if (until === undefined || sign === undefined) return undefined
      const open = text.slice(0, -sign.length - 1)
      if (!timingSafeEqual(Buffer.from(sign), Buffer.from(signOf(open)))) return undefined
      if (Number.parseInt(until, 36) * 60_000 < clock.now()) return undefined
      return purchase === undefined
        ? { kind: 'grant', grantNo: Number(grant) }
        : { kind: 'purchase', purchaseId: purchase }
    },
  }
}
