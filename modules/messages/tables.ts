import { defineTable } from '@lango/kernel/db'
import type { EarlyReport } from './report-rules.ts'
import { channels, messageStates, type SenderConfig } from './rules.ts'

/** By whom messages are sent: one provider for each channel, or none. */
export const messageSenders = defineTable(
  'message_senders',
  { home: 'site', flow: 'latest', onDelete: 'follow', key: 'id' },
  (c) => ({
    /** The channel. */
    id: c.id(),
    config: c.json<SenderConfig>(),
    /** The password or key; null where the provider asks for none. */
    secret: c.optSecret(),
    /** Where the provider is to tell of messages, for it to be told by hand. */
    reportUrl: c.optText(),
    changedAt: c.instant(),
    changedBy: c.text(),
  }),
)

/** Each message on its way, and for a while after it. */
export const messages = defineTable(
  'messages',
  { home: 'site', flow: 'never', onDelete: 'erase', key: 'no' },
  (c) => ({
    channel: c.oneOf(channels),
    /** What it is for: `test`, or a word of the module that wrote it. */
    kind: c.text(),
    /** What it belongs to, of that module. */
    about: c.optText(),
    recipient: c.text(),
    subject: c.text(),
    /** The text, which may hold a code: sealed, and gone when it was taken or is too late. */
    body: c.optSecret(),
    state: c.oneOf(messageStates),
    attempts: c.int(),
    createdAt: c.instant(),
    /** When it is due; of one that is over, when it ended. */
    nextAt: c.instant(),
    /** Not worth sending from then on. */
    expiresAt: c.instant(),
    /** How the provider calls it. */
    providerId: c.optText(),
    /** Why the last try failed, or it did not arrive. */
    reason: c.optText(),
    early: c.optJson<EarlyReport>(),
  }),
  {
    indexes: {
      due: ['channel', 'state', 'nextAt'],
      byAge: ['createdAt'],
      byAbout: ['about'],
      byProviderId: ['providerId'],
    },
  },
)
