/** By whom SMS are sent: a tab for each provider, with what it asks for. */
import { FormReader, Tabs, valuesFor, withSearch, type Desk, type Done, type DoingDesk } from '@lango/kernel/ui'
import { setSender } from './commands.ts'
import { FormLine, secretIn } from './form-line.tsx'
import { GatewayFields, gatewayTyped } from './gateway-fields.tsx'
import { COUNTRY, prefixesOf, reportsUrlOf, smsDrivers, type SenderConfig, type SmsDriver } from './rules.ts'
import { wordsOf } from './words.ts'

const line = { deed: 'sms' }

/** The tab that was asked for, else of the one that is set up. */
const driverShown = (desk: Desk, now: SenderConfig | undefined): SmsDriver => {
  const asked = valuesFor(desk, line.deed).value('driver', desk.search.get('sms') ?? now?.driver)
  return smsDrivers.find((driver) => driver === asked) ?? smsDrivers[0]
}

type Now = { readonly desk: Desk; readonly now: SenderConfig | undefined }

const AfricasTalkingFields = ({ desk, now }: Now) => {
  const words = wordsOf(desk)
  const set = now?.driver === 'africastalking' ? now : undefined
  const of = { ...line, desk }
  return (
    <>
      <FormLine
        {...of}
        name="username"
        label={words.username}
        help={words.usernameHelp}
        set={set?.username ?? ''}
        required
      />
      <FormLine {...of} name="apiKey" label={words.apiKey} help={words.keyHelp} type="password" />
      <FormLine {...of} name="sender" label={words.sender} help={words.senderHelp} set={set?.sender ?? ''} />
    </>
  )
}

const TwilioFields = ({ desk, now }: Now) => {
  const words = wordsOf(desk)
  const set = now?.driver === 'twilio' ? now : undefined
  const of = { ...line, desk }
  return (
    <>
      <FormLine
        {...of}
        name="account"
        label={words.account}
        help={words.accountHelp}
        set={set?.account ?? ''}
        required
      />
      <FormLine {...of} name="authToken" label={words.authToken} help={words.authTokenHelp} type="password" />
      <FormLine
        {...of}
        name="sender"
        label={words.sender}
        help={words.twilioSenderHelp}
        set={set?.sender ?? ''}
        required
      />
    </>
  )
}

const OwnFields = ({ desk, now, driver }: Now & { readonly driver: SmsDriver }) => {
  if (driver === 'http') return <GatewayFields desk={desk} set={now?.driver === 'http' ? now : undefined} />
  return driver === 'twilio' ? <TwilioFields desk={desk} now={now} /> : <AfricasTalkingFields desk={desk} now={now} />
}

/** Above the form: each provider has an address of its own. */
export const SmsTabs = ({ desk, now }: Now) => {
  const words = wordsOf(desk)
  const shown = driverShown(desk, now)
  const tabs = smsDrivers.map((driver) => ({
    href: withSearch(desk, { sms: driver, said: '' }),
    label: words[driver],
    current: driver === shown,
  }))
  return <Tabs label={words.providers} tabs={tabs} />
}

export const SmsFields = ({ desk, now }: Now) => {
  const words = wordsOf(desk)
  const driver = driverShown(desk, now)
  const prefixes = (now ? prefixesOf(now) : []).join(' ')
  return (
    <>
      <input type="hidden" name="driver" value={driver} />
      <OwnFields desk={desk} now={now} driver={driver} />
      <FormLine
        {...line}
        desk={desk}
        name="prefixes"
        label={words.prefixes}
        help={words.prefixesHelp}
        set={prefixes}
        required
      />
      <FormLine
        {...line}
        desk={desk}
        name="reportsUrl"
        label={words.reportsUrl}
        help={words.reportsUrlHelp}
        set={now ? reportsUrlOf(now) : ''}
      />
    </>
  )
}

/** As `setSender` takes it, but for the numbers. */
const senderTyped = (desk: DoingDesk, form: FormReader) => {
  const driver = form.choice('driver', smsDrivers)
  const { fields } = desk
  if (driver === 'http') return { ...gatewayTyped(desk, form), ...secretIn(desk, 'key') }
  if (driver === 'twilio')
    return { driver, account: fields.get('account'), sender: fields.get('sender'), ...secretIn(desk, 'authToken') }
  return { driver, username: fields.get('username'), sender: fields.get('sender'), ...secretIn(desk, 'apiKey') }
}

export const saveSms = async (desk: DoingDesk): Promise<Done> => {
  const form = new FormReader(desk.fields)
  const prefixes = desk.fields
    .get('prefixes')
    .split(/[\s,]+/)
    .filter((each) => each !== '')
  if (!prefixes.every((each) => COUNTRY.test(each))) form.refuse('prefixes', wordsOf(desk).prefixesUnreadable)
  const sender = { ...senderTyped(desk, form), prefixes, reportsUrl: desk.fields.get('reportsUrl') }
  if (!form.isGood) return { problems: form.problems }
  const done = await desk.tell(setSender, { sender })
  return done.ok ? { go: withSearch(desk, { sms: '', said: 'saved' }) } : { fault: done.error }
}
