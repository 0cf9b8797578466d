import { defineModule } from '@lango/kernel/verbs'
import { addWebhook, removeWebhook, retryWebhook, setWebhook, testWebhook } from './commands.ts'
import { followers } from './followers.ts'
import { listDeliveries, listWebhooks } from './queries.ts'
import { webhookCursors, webhookDeliveries, webhookEndpoints } from './tables.ts'
import { tidyJob, workCommands } from './work.ts'

export { addWebhook, removeWebhook, retryWebhook, setWebhook, testWebhook } from './commands.ts'
export { createDelivery, type DeliveryDeps } from './delivery.ts'
export { listDeliveries, listWebhooks } from './queries.ts'
export { defaultEvents, webhookEvents, webhookLimits, webhookSecretPurpose, type WebhookEvent } from './rules.ts'
export { forgetSessions, resealWebhooks, tellAlarm, tellSessions } from './work.ts'

export const webhooks = defineModule({
  name: 'webhooks',
  tables: [webhookEndpoints, webhookDeliveries, webhookCursors],
  commands: [addWebhook, setWebhook, removeWebhook, testWebhook, retryWebhook, ...workCommands],
  queries: [listWebhooks, listDeliveries],
  jobs: [tidyJob],
  followers,
})
