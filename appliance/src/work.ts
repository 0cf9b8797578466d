/** Jobs that need the world outside: webhooks, messages, backups, payments. */
import { hostname } from 'node:os'
import { every, systemTimers, type Log } from '@lango/kernel'
import type { RawDatabase } from '@lango/kernel/db'
import { supervise } from '@lango/kernel/verbs'
import { createShelfJob } from '@lango/modules/backups'
import { createUpdateJob } from '@lango/modules/updates'
import { createMessageDelivery } from '@lango/modules/messages'
import { createPaymentWork } from '@lango/modules/payments'
import { createDelivery } from '@lango/modules/webhooks'
import type { DataFolder } from './data-folder.ts'
import { createBackupPlaces, createPaymentProvider, createWebhookDelivery } from './drivers.ts'
import { createProviderTally, type ProviderTally } from './metrics/provider-tally.ts'
import { createMessageSending } from './messages/drivers.ts'
import { createScheduledBackup } from './scheduled-backup.ts'
import { shelvesOf } from './shelf/index.ts'
import { createJobs, type Site } from './site.ts'
import { createUpdatePort, sticksOf, type ImagePlaces } from './updates.ts'
import { startWebhookFeed, type WebhookFeed } from './webhook-feed.ts'

export type WorkDeps = {
  readonly folder: DataFolder
  readonly site: Site
  /** Read-only: sessions.db with site.db attached. */
  readonly reader: RawDatabase
  readonly log: Log
  /** Webhooks and messages may go to this machine: for development only. */
  readonly webhooksToLoopback: boolean
  /** Where SMS go instead of to their provider: a simulator, for development only. */
  readonly smsServer: string | undefined
  /** Of an appliance image, which updates itself. */
  readonly image: ImagePlaces | undefined
  readonly timeZone: string
}

export type Work = Pick<WebhookFeed, 'alarm'> & {
  /** How the provider of payments answers. */
  readonly provider: () => ProviderTally
  stop(): Promise<void>
}

export const startWork = ({
  folder,
  site,
  reader,
  log,
  webhooksToLoopback: allowsLoopback,
  smsServer,
  image,
  timeZone,
}: WorkDeps): Work => {
  const { vault, clock, random } = site
  const tally = createProviderTally(clock)
  const outside = { reader, vault, clock, log }
  const jobs = [
    createDelivery(createWebhookDelivery({ ...outside, allowsLoopback })),
    createScheduledBackup({
      folder,
      clock,
      hostName: hostname(),
      ...createBackupPlaces({ ...outside, sticksDir: sticksOf(image) }),
    }),
    createShelfJob(shelvesOf(folder)),
    createMessageDelivery(createMessageSending({ ...outside, hostName: hostname(), smsServer, allowsLoopback })),
    ...(image
      ? [createUpdateJob({ clock, port: createUpdatePort({ places: image, folder, reader, clock, timeZone }) })]
      : []),
    ...createPaymentWork({ provider: createPaymentProvider({ ...outside, counted: tally.over }), clock }),
  ]
  const running = supervise([createJobs(site, log, jobs)], { clock, timers: systemTimers(), random, log })
  const feed = startWebhookFeed({ site, reader, log, every })
  return {
    alarm: feed.alarm,
    provider: tally.read,
    async stop() {
      feed.stop()
      await running.stop()
    },
  }
}
