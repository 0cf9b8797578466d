/** Which drivers send messages, as they are set up now. */
import { type Clock, type Log, type Secret, type Vault } from '@lango/kernel'
import type { RawDatabase } from '@lango/kernel/db'
import { createMailSender } from '@lango/drivers/mail'
import {
  africasTalkingReports,
  createAfricasTalkingSender,
  createGatewayReports,
  createGatewaySender,
  createTwilioReports,
  createTwilioSender,
} from '@lango/drivers/sms'
import {
  messageReportUrl,
  messageTextPurpose,
  portOf,
  senderSecretPurpose,
  type MessageDeliveryDeps,
  type ReportSubject,
  type SenderConfig,
} from '@lango/modules/messages'
import type { MessageSender, ReportReader } from '@lango/modules/messages/port'
import { createSettings } from '@lango/modules/settings'

type MessageDeps = {
  /** Read-only, with the senders and the messages in it. */
  readonly reader: RawDatabase
  readonly vault: Vault
  readonly clock: Clock
  readonly log: Log
  readonly hostName: string
  /** Where SMS go instead of to their provider: in development and demonstrations. */
  readonly smsServer: string | undefined
  /** A gateway on this machine, by plain http: in development and demonstrations. */
  readonly allowsLoopback: boolean
}

/** By whom messages are sent now; the provider's secret is opened for each round. */
export const createMessageSending = ({
  reader,
  vault,
  clock,
  log,
  hostName,
  smsServer,
  allowsLoopback,
}: MessageDeps): MessageDeliveryDeps => {
  const senderRow = reader.prepare<[string], { config: string; secret: Buffer | null }>(
    'SELECT config, secret FROM message_senders WHERE id = ?',
  )
  const textRow = reader.prepare<[number], { body: Buffer | null }>('SELECT body FROM messages WHERE no = ?')
  const settings = createSettings(reader)
  const opened = (sealed: Buffer | null | undefined, purpose: string): Secret | undefined => {
    if (!sealed) return undefined
    const secret = vault.open(sealed, purpose)
    if (secret.ok) return secret.value
    log.error('a secret of messages cannot be opened', { purpose, fault: secret.error })
    return undefined
  }
  const smsSenderOf = (config: Exclude<SenderConfig, { driver: 'smtp' }>, secret: string): MessageSender => {
    if (config.driver === 'http') return createGatewaySender({ ...config, key: secret, allowsLoopback })
    if (config.driver === 'twilio') return createTwilioSender({ ...config, authToken: secret, server: smsServer })
    return createAfricasTalkingSender({ ...config, apiKey: secret, server: smsServer })
  }
  return {
    clock,
    reportUrlOf(channel, message) {
      const row = senderRow.get(channel)
      return row && messageReportUrl(vault, JSON.parse(row.config) as SenderConfig, message)
    },
    textOf: (no) => opened(textRow.get(no)?.body, messageTextPurpose(no)),
    senderOf(channel) {
      const row = senderRow.get(channel)
      if (!row) return undefined
      const config = JSON.parse(row.config) as SenderConfig
      const secret = opened(row.secret, senderSecretPurpose(channel))?.reveal()
      if (row.secret !== null && secret === undefined) return undefined
      if (config.driver !== 'smtp') return smsSenderOf(config, secret ?? '')
      return createMailSender({
        ...config,
        port: portOf(config),
        login: secret === undefined ? undefined : { user: config.user, password: secret },
        from: { name: settings().siteName, address: config.from },
        hostName,
      })
    },
  }
}

/** Who reads what the provider of SMS posts; undefined where its secret cannot be opened. */
export const createReportReaders = ({ reader, vault, log }: Pick<MessageDeps, 'reader' | 'vault' | 'log'>) => {
  const sealed = reader.prepare<[], Buffer | null>("SELECT secret FROM message_senders WHERE id = 'sms'").pluck()
  return ({ config }: ReportSubject): ReportReader | undefined => {
    if (config.driver === 'http') return createGatewayReports(config)
    if (config.driver !== 'twilio') return africasTalkingReports
    const opened = vault.open(sealed.get()!, senderSecretPurpose('sms'))
    if (opened.ok) return createTwilioReports({ authToken: opened.value.reveal() })
    log.error('a secret of messages cannot be opened', { fault: opened.error })
    return undefined
  }
}

/** Where the messages of the demonstration go: they are told, and reach nobody. Loaded only when asked for. */
export const startDemoMail = async (tell: (to: string, text: string) => void) => {
  const { startSmtpSimulator } = await import('@lango/drivers/simulators/smtp')
  const { startAfricasTalkingSimulator } = await import('@lango/drivers/simulators/africastalking')
  const account = { username: 'demo', apiKey: 'demo' }
  const sms = await startAfricasTalkingSimulator({ ...account, onSms: ({ to, text }) => tell(to, text) })
  const smtp = await startSmtpSimulator({
    security: 'none',
    onMail: ({ to, source }) => tell(to, source.slice(source.indexOf('\n\n')).trim()),
  })
  return {
    smsServer: sms.server,
    senders: [
      { driver: 'smtp', host: '127.0.0.1', port: smtp.port, security: 'none', from: 'demo@demo.example' },
      { driver: 'africastalking', username: account.username, secret: account.apiKey, prefixes: ['+254'] },
    ],
    async stop() {
      await sms.close()
      await smtp.close()
    },
  }
}
