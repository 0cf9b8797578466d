import { defineModule } from '@lango/kernel/verbs'
import { removeSender, retryMessage, setSender, testMessage } from './commands.ts'
import { listMessages, listSenders } from './queries.ts'
import { messages as messagesTable, messageSenders } from './tables.ts'
import { hearReport } from './reports.ts'
import { tidyJob, workCommands } from './work.ts'

export { removeSender, retryMessage, setSender, testMessage } from './commands.ts'
export { createMessageDelivery, type MessageDeliveryDeps } from './delivery.ts'
export { createReportGate, hearReport, type ReportGate, type ReportNews, type ReportSubject } from './reports.ts'
export { isReportToken, messageReportUrl } from './report-tokens.ts'
export { forgetMessages, putMessage, type MessageFault } from './put.ts'
export { listMessages, listSenders } from './queries.ts'
export {
  emailAddress,
  isWithin,
  messageTextPurpose,
  phoneNumber,
  portOf,
  prefixesOf,
  senderSecretPurpose,
  type Channel,
  type SenderConfig,
} from './rules.ts'
export { resealMessages } from './work.ts'

export const messages = defineModule({
  name: 'messages',
  tables: [messageSenders, messagesTable],
  commands: [setSender, removeSender, testMessage, retryMessage, hearReport, ...workCommands],
  queries: [listSenders, listMessages],
  jobs: [tidyJob],
})
