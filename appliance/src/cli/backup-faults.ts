/** What is wrong with a shelf for the backups of another box, and what to do. */
import type { FaultOf } from '@lango/kernel/verbs'
import type { endShelf, lendShelf, resizeShelf } from '@lango/modules/backups'
import type { ShelfAddressFault } from '../shelf/index.ts'

export type ShelfFault = FaultOf<typeof lendShelf | typeof resizeShelf | typeof endShelf> | ShelfAddressFault

export const shelfSentences: {
  readonly [T in ShelfFault['type']]: (fault: Extract<ShelfFault, { type: T }>) => string
} = {
  ShelfNameTaken: ({ name }) =>
    `A shelf is called ${name} already. Choose another name, or end that one: lango backup shelf remove ${name}`,
  ShelvesTooMany: ({ max }) => `There are ${max} shelves, and a box lends no more. End one: lango backup shelf list`,
  ShelfUnknown: ({ name }) => `No shelf is called ${name}. See: lango backup shelf list`,
  ShelfUnreachable: ({ listen }) =>
    `No other box reaches this one over https: its desk listens on ${listen}. Start the box with --web-listen 0.0.0.0, or an address that the other box reaches.`,
}
