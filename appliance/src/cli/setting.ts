/** `lango setting …` */
import type { ResultOf } from '@lango/kernel/db'
import type { showPortal } from '@lango/modules/portal'
import type { showSettings } from '@lango/modules/settings'
import { shown, UsageError, type CliContext, type CommandSpec } from './command.ts'
import { facts } from './format.ts'
import { zoneOf } from './zone.ts'
import { isPortalKey, portalNames, portalNotes, portalShown, setPortal } from './setting-portal.ts'

type Settings = ResultOf<typeof showSettings>

type Key = {
  readonly help: string
  readonly command: 'settings.change' | 'settings.retain'
  /** What is typed is text where this does not say otherwise. */
  readonly is?: 'whole' | 'yes or no'
}

/** What each is for, and the command that sets it. */
const keys: Readonly<Record<keyof Settings, Key>> = {
  siteName: { help: 'what the POP is called; empty: the name of the machine', command: 'settings.change' },
  country: { help: 'where it is: KE; empty: not said', command: 'settings.change' },
  timeZone: {
    help: 'by which days, months and windows begin: Africa/Nairobi; empty: the machine’s. It holds from the next start',
    command: 'settings.change',
  },
  setUpIsOver: {
    help: 'whether the desk says no more what is left of setting the box up: yes or no',
    command: 'settings.change',
    is: 'yes or no',
  },
  currency: { help: 'of prices of new plans: KES', command: 'settings.change' },
  brandColour: { help: '#0f766e; empty: Lango’s own', command: 'settings.change' },
  language: { help: 'of the desk: en or sw; empty: what each browser asks for', command: 'settings.change' },
  registrationSendsPassword: {
    help: 'whether people who register themselves get their password by message too: yes or no',
    command: 'settings.change',
    is: 'yes or no',
  },
  consentOffers: {
    help: 'whether people are asked if they want offers and news by message: yes or no (default)',
    command: 'settings.change',
    is: 'yes or no',
  },
  consentWordsEn: { help: 'what they agree to then, in English; empty: Lango’s own words', command: 'settings.change' },
  consentWordsSw: { help: 'the same in Swahili', command: 'settings.change' },
  walletAmounts: {
    help: 'what is put into a wallet with one press, such as 50, 100, 200; empty: it is typed',
    command: 'settings.change',
  },
  payLaterUpTo: {
    help: 'how far below nothing a wallet may go for a bundle, in whole units; 0 (default): never',
    command: 'settings.change',
    is: 'whole',
  },
  payLaterAfter: {
    help: 'how often somebody must have bought before they may pay later',
    command: 'settings.change',
    is: 'whole',
  },
  referralPlan: {
    help: 'the plan that somebody has whose friend buys for the first time; empty (default): no rewards',
    command: 'settings.change',
  },
  referralFriendBp: {
    help: 'what the friend pays less, in hundredths of a percent: 1000 is 10 percent',
    command: 'settings.change',
    is: 'whole',
  },
  referralMonthlyMax: { help: 'rewards of one phone within thirty days', command: 'settings.change', is: 'whole' },
  sessionDays: { help: 'how long sessions that are over are kept', command: 'settings.retain', is: 'whole' },
  decisionDays: { help: 'how long answers to logins are kept', command: 'settings.retain', is: 'whole' },
}

/** How customers pay by M-Pesa, each as `mpesa.NAME`; those that are secret are shown nowhere. */
const mpesaKeys: Readonly<Record<string, string>> = {
  baseUrl:
    'where Daraja is: https://sandbox.safaricom.co.ke (default), https://api.safaricom.co.ke; another forgets the secrets',
  kind: 'paybill (default) or till',
  shortcode: 'the paybill, or the store number of a till',
  till: 'the till number',
  consumerKey: 'of the app at Safaricom',
  consumerSecret: 'of the app (secret)',
  passkey: 'of the shortcode (secret)',
  phone: 'a number of yours, which Safaricom tells what was read of its list: +254712345678',
  initiatorName: 'who pays money back from here, of Safaricom’s portal; "" (default) where nobody does',
  initiatorPassword: 'of the initiator (secret)',
  certificate: 'Safaricom’s certificate of the environment, in PEM: - < certificate.cer',
  callbackFrom: 'any (default), or known: only addresses that Safaricom is said to post from are a reason to ask',
  trustUpTo:
    'a callback for so many shillings or less is believed for a minute, until M-Pesa confirms it; 0 (default): none',
  payoutUpTo: 'so many shillings may be paid out to a phone at once; 0 (default): nothing is paid out from here',
  payoutDayUpTo: 'and so many within 24 hours in all; 0 (default): nothing',
  payoutAloneUpTo: 'so many one person pays out alone; for more somebody else releases it; 0 (default): always',
  standingOrders:
    'whether M-Pesa may be let pay into wallets regularly: off (default), or by which of Safaricom’s pages your contract is, 2025 or 2026',
  callbackUrl: 'where Safaricom reaches this box, such as https://pop.example.com; "" (default) where it does not',
}
/** Those that are sums. */
const mpesaShillings: ReadonlySet<string> = new Set(['trustUpTo', 'payoutUpTo', 'payoutDayUpTo', 'payoutAloneUpTo'])
const MPESA = 'mpesa.'

const read = (text: string, is: Key['is']): string | number | boolean => {
  if (is === 'whole') return Number(text)
  if (is === undefined) return text
  if (text !== 'yes' && text !== 'no') throw new UsageError(`It is yes or no, not ${text}.`)
  return text === 'yes'
}

const written = (value: string | number | boolean): string =>
  typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value)

type MpesaShown = {
  readonly settings: Readonly<Record<string, string | number>>
  readonly registration: { readonly state: string; readonly reason?: string } | null
}
const registrationText = ({ state, reason }: NonNullable<MpesaShown['registration']>): string =>
  reason === undefined ? state : `${state}: ${reason}`

const show: CommandSpec = {
  path: ['setting', 'show'],
  operands: [],
  summary: 'what is set',
  options: {},
  examples: ['lango setting show', 'lango setting show --json'],
  async run({ query, io }) {
    const set = await query<Settings>('settings.show', {})
    if (!set.ok) return set
    const mpesa = await query<MpesaShown | undefined>('payments.mpesa', {})
    if (!mpesa.ok) return mpesa
    const { settings = {}, registration } = mpesa.value ?? {}
    const certificate = settings['certificate'] ? 'set' : ''
    const more = {
      ...settings,
      ...(mpesa.value && { certificate }),
      ...(registration && { registration: registrationText(registration) }),
    }
    const portal = await query<ResultOf<typeof showPortal>>('portal.show', {})
    if (!portal.ok) return portal
    const all = {
      ...set.value,
      ...Object.fromEntries(Object.entries(more).map(([key, value]) => [MPESA + key, value])),
      ...portalShown(portal.value, await zoneOf({ query, io })),
    }
    return shown(all, () => facts(Object.entries(all).map(([key, value]) => [key, written(value)])))
  },
}

const set: CommandSpec = {
  path: ['setting', 'set'],
  operands: ['KEY', 'VALUE'],
  summary: 'set one thing',
  options: { shorten: { help: 'what a shorter retention removes for good is meant to go' } },
  notes: [
    ...Object.entries(keys).map(([key, { help }]) => `${key}: ${help}.`),
    ...Object.entries(mpesaKeys).map(([key, help]) => `${MPESA}${key}: ${help}.`),
    ...portalNotes,
    'What is secret shows in `ps` and in the shell’s history: give - and type or pipe it in.',
  ],
  examples: [
    'lango setting set siteName "Lakeview Kisumu"',
    'lango setting set language sw',
    'lango setting set sessionDays 180 --shorten',
    'lango setting set mpesa.shortcode 174379',
    'lango setting set mpesa.passkey - < passkey.txt',
    'lango setting set portal.welcome.sw "Karibu Lakeview"',
    'lango setting set portal.terms.en - < terms.txt',
    'lango setting set portal.logo logo.png',
  ],
  async run({ args, command, query, io }) {
    const [name, value] = [args.operand(0)!, args.operand(1)!]
    const typed = async () => (value === '-' ? (await io.readStdin()).trim() : value)
    if (name.startsWith(MPESA)) return setMpesa(command, name, await typed())
    if (isPortalKey(name)) return setPortal({ command, query, io }, name, await typed())
    const key = Object.hasOwn(keys, name) ? keys[name as keyof Settings] : undefined
    if (!key)
      throw new UsageError(
        `There is no setting ${name}. They are ${[...Object.keys(keys), ...Object.keys(mpesaKeys).map((one) => MPESA + one), ...portalNames].join(', ')}.`,
      )
    const shorten = args.flag('shorten')
    if (shorten && key.command !== 'settings.retain')
      throw new UsageError('--shorten is for sessionDays and decisionDays.')
    const done = await command<Settings>(key.command, { [name]: read(value, key.is), ...(shorten && { shorten }) })
    return done.ok
      ? shown(done.value, () => `${name} is ${value === '' ? 'not set' : written(done.value[name as keyof Settings])}.`)
      : done
  },
}

const setMpesa = async (
  command: CliContext['command'],
  name: string,
  value: string,
): ReturnType<CommandSpec['run']> => {
  const key = name.slice(MPESA.length)
  if (!Object.hasOwn(mpesaKeys, key))
    throw new UsageError(
      `There is no setting ${name}. They are ${Object.keys(mpesaKeys)
        .map((one) => MPESA + one)
        .join(', ')}.`,
    )
  const done = await command<{ missing: readonly string[] }>('payments.setMpesa', {
    [key]: mpesaShillings.has(key) ? Number(value) : value,
  })
  if (!done.ok) return done
  const { missing } = done.value
  return shown(done.value, () =>
    missing.length === 0
      ? `${name} is set. Customers can pay by M-Pesa.`
      : `${name} is set. Missing still: ${missing.map((one) => MPESA + one).join(', ')}.`,
  )
}

export const settingCommands = [show, set]
