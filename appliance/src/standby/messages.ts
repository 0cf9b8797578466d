/** What the boxes of a pair say to each other, and what the link says to whoever writes a database. */
import { z } from 'zod'
import type { WalPosition } from './wal.ts'
import type { WalRun } from './wal-tap.ts'

export const dbNames = ['site', 'sessions'] as const
export type DbName = (typeof dbNames)[number]

const db = z.enum(dbNames)
const count = z.int().min(0)
const position = z.object({ salt: z.string(), frames: z.int().min(1), sum: z.string() })

/** `n` counts the messages of a conversation: one that is not the next ends it. */
const numbered = z.object({ n: count })
export const messageSchema = z.discriminatedUnion('kind', [
  // From the standby.
  numbered.extend({
    kind: z.literal('follow'),
    positions: z.object({ site: position.optional(), sessions: position.optional() }),
  }),
  /** 16 octets of each page's hash from page `first` on, of those that it has. */
  numbered.extend({ kind: z.literal('hashes'), db, first: z.int().min(1) }),
  numbered.extend({ kind: z.literal('ack'), db, seq: count }),
  numbered.extend({ kind: z.literal('whole'), db }),
  numbered.extend({ kind: z.literal('pong') }),
  // From the primary.
  numbered.extend({ kind: z.literal('ping') }),
  numbered.extend({ kind: z.literal('files') }),
  numbered.extend({
    kind: z.literal('base'),
    db,
    pageOctets: z.int().min(512).max(65_536),
    /** Pages whose hashes are sent at once. */
    pagesAtOnce: z.int().min(1).max(65_536),
  }),
  numbered.extend({
    kind: z.literal('pages'),
    db,
    list: z.array(z.int().min(1)),
    /** Where the next hashes begin; the file's octets where there are no more. */
    next: z.int().optional(),
    octets: count.optional(),
  }),
  numbered.extend({ kind: z.literal('base-end'), db }),
  numbered.extend({ kind: z.literal('run'), db, seq: count, salt: z.string(), from: count, to: count }),
  /** From here on nothing is acknowledged to a router before the standby has it. */
  numbered.extend({ kind: z.literal('in-sync') }),
])
export type Message = z.output<typeof messageSchema>
type WithoutNumber<M> = M extends unknown ? Omit<M, 'n'> : never
export type Said = WithoutNumber<Message>
export type Say = (said: Said, body?: Uint8Array) => void

/** To the thread that writes a database; `link` tells conversations apart. */
export type ShipOrder = { readonly link: number } & (
  | { readonly kind: 'follow'; readonly after: WalPosition | undefined }
  | { readonly kind: 'mark' }
  /** From now on who waits is answered when the standby has it. */
  | { readonly kind: 'gate' }
  | { readonly kind: 'acked'; readonly seq: number }
  | { readonly kind: 'leave' }
)

/** And back. What is told after `marked` was not there when the mark was asked for. */
export type ShipNews = { readonly link: number } & (
  | { readonly kind: 'following'; readonly resumed: boolean }
  | { readonly kind: 'run'; readonly seq: number; readonly run: WalRun }
  | { readonly kind: 'marked' }
  | { readonly kind: 'gated' }
)
