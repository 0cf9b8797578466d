import { err, money, ok, orThrow, type Result } from '@lango/kernel'
import { runSite } from '@lango/kernel/db'
import { memorySite } from '@lango/kernel/testing'
import { access, handOver } from '@lango/modules/access'
import { customers } from '@lango/modules/customers'
import { ledger } from '@lango/modules/ledger'
import { messages, messageTextPurpose, setSender } from '@lango/modules/messages'
import {
  createPaymentWork,
  hearPayments,
  listPurchases,
  payments,
  setMpesa,
  type PaymentWorkDeps,
} from '@lango/modules/payments'
import { offers } from '@lango/modules/offers'
import { people } from '@lango/modules/people'
import { addPlan, plans } from '@lango/modules/plans'
import { createLocationOf, createPortalLook, portal } from '@lango/modules/portal'
import { network } from '@lango/modules/network'
import { registration } from '@lango/modules/registration'
import { services } from '@lango/modules/services'
import { sessions } from '@lango/modules/sessions'
import { settings } from '@lango/modules/settings'
import { wallets } from '@lango/modules/wallets'
import { createPortal, type GateLanguage, type GateLook, type PortalDeps } from '../index.ts'

const AMINA = '+254712345678'
const modules = [
  people,
  settings,
  messages,
  network,
  access,
  plans,
  ledger,
  customers,
  wallets,
  services,
  registration,
  offers,
  payments,
  portal,
  sessions,
]
type Provider = NonNullable<ReturnType<PaymentWorkDeps['provider']>>
type PromptState = Awaited<ReturnType<Provider['promptState']>>

/** What nobody asks for here. */
const unreachable = () => Promise.resolve(err({ type: 'ProviderUnreachable', reason: 'no route' } as const))

/** A whole portal over a site in memory; the provider of money says what the test has it say. */
export const portalUnderTest = (set: Partial<GateLook> = {}) => {
  const says = {
    isCut: false,
    /** The line takes what is sent, and nothing comes back. */
    isSilent: false,
    state: (): PromptState => ok({ state: 'pending' }),
    standingOrder: (): Awaited<ReturnType<Provider['standingOrder']>> => ok({ ref: 'ref-1' }),
  }
  const prompted: string[] = []
  const orders: Parameters<Provider['standingOrder']>[0][] = []
  let queried = 0
  const provider: Provider = {
    prompt({ phone }) {
      prompted.push(phone)
      if (says.isSilent) return Promise.resolve(err({ type: 'ProviderSilent', reason: 'no answer' }))
      if (says.isCut) return Promise.resolve(err({ type: 'ProviderUnreachable', reason: 'no route' }))
      return Promise.resolve(ok({ ref: `ws_CO_${prompted.length}` }))
    },
    promptState() {
      queried += 1
      return Promise.resolve(says.state())
    },
    received: () => Promise.resolve(ok({ payments: [], unread: 0 })),
    reverse: unreachable,
    registerCallbacks: () => Promise.resolve(ok('registered')),
    isHintOf: () => false,
    payOut: unreachable,
    transactionStatus: unreachable,
    accountBalance: unreachable,
    standingOrder(request) {
      orders.push(request)
      return Promise.resolve(says.standingOrder())
    },
  }
  const now = { of: () => 0 }
  const jobs = createPaymentWork({ provider: () => provider, clock: { now: () => now.of() } })
  const site = memorySite(modules, { jobs })
  now.of = site.clock.now
  void site.jobs.run(new AbortController().signal)
  const { clock, vault, random, log, must, runJobs } = site
  must(setMpesa, {
    shortcode: '174379',
    consumerKey: 'key',
    consumerSecret: 'secret',
    passkey: 'passkey',
    phone: '+254700000001',
  })
  const commands = new Map(modules.flatMap((module) => module.commands ?? []).map((one) => [one.name, one]))
  const queries = new Map(modules.flatMap((module) => module.queries ?? []).map((one) => [one.name, one]))
  const online = new Map<string, number>()
  const portalLook = createPortalLook(site.database.raw)
  const locationOf = createLocationOf(site.database.raw)
  const look = (router = ''): GateLook => ({
    siteName: 'Kisumu estate',
    currency: 'KES',
    language: '',
    walletAmounts: '50, 100',
    stylesheet: '',
    portal: portalLook(locationOf(router)),
    ...set,
  })
  const added: { languages: readonly GateLanguage[] } = { languages: [] }
  const secure: { origin: string | undefined } = { origin: undefined }
  let asked = 0
  const deps: PortalDeps = {
    command: (name, input, { id, actor, origin }) =>
      site.dispatcher.dispatch(commands.get(name)!, input, { id: id ?? site.ids.next('cmd'), actor, origin }),
    query: (name, input): Promise<Result<unknown, never>> => {
      asked += 1
      const query = queries.get(name)!
      return Promise.resolve(ok(runSite(query, site.database, query.input.parse(input))))
    },
    look,
    grantOnlineAt: (address) => online.get(address),
    hostNames: ['pop.example.net'],
    secureOrigin: () => secure.origin,
    languages: () => added.languages,
    timeZone: 'Africa/Nairobi',
    vault,
    clock,
    random,
    log,
  }
  const app = createPortal(deps)
  const plan = (name: string, priceMinor: number, policy: object = {}) =>
    must(addPlan, { name, kind: 'hotspot', policy, validitySec: 3600, priceMinor, currency: 'KES' })

  /** A plan that people take by themselves, and who sends the codes. */
  const free = () => {
    must(setSender, { sender: { driver: 'africastalking', username: 'isp', prefixes: ['+254'], secret: 'key' } })
    must(addPlan, {
      name: 'Half an hour',
      kind: 'hotspot',
      policy: {},
      validitySec: 1800,
      selfRegistration: 'phone',
    })
  }

  /** The last code that was to be sent; '' where none was. */
  const sentCode = (): string => {
    const last = site.database.raw
      .prepare<[], { no: number; body: Buffer | null }>('SELECT no, body FROM messages ORDER BY no DESC LIMIT 1')
      .get()
    const text = last?.body ? orThrow(vault.open(last.body, messageTextPurpose(last.no))).reveal() : ''
    return /\b\d{6}\b/.exec(text)?.[0] ?? ''
  }

  /** Through the socket's eyes: the browser's address, and the box's own. */
  const env = (remoteAddress: string) => ({
    incoming: { socket: { remoteAddress, localAddress: '192.168.88.10', localPort: 8081 } },
  })
  const get = (path: string, headers: Record<string, string> = {}, from = '10.5.50.7') =>
    app.request(`http://192.168.88.10:8081${path}`, { headers: { host: '192.168.88.10:8081', ...headers } }, env(from))
  const post = (path: string, fields: Record<string, string>, from = '10.5.50.7') =>
    app.request(
      `http://192.168.88.10:8081${path}`,
      {
        method: 'POST',
        headers: { host: '192.168.88.10:8081', 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams(fields).toString(),
      },
      env(from),
    )
  const purchase = () => site.query(listPurchases, {})[0]!
  const pass = async (ms: number) => {
    clock.advance(ms)
    await runJobs()
  }
  return {
    ...site,
    app,
    deps,
    look,
    says,
    prompted,
    /** Standing orders that the provider was asked for. */
    orders,
    /** How often the provider was asked how a prompt stands. */
    queried: () => queried,
    online,
    get,
    post,
    plan,
    free,
    sentCode,
    pass,
    purchase,
    asked: () => asked,
    added,
    secure,
    env,
    /** The phone pays, and the box has asked after it. */
    paid: async () => {
      says.state = () => ok({ state: 'paid', receipt: undefined })
      await pass(6000)
    },
    receipt: (receipt: string, account = '') =>
      must(hearPayments, {
        payments: [
          {
            receipt,
            amountMinor: money(2000, 'KES').minor,
            currency: 'KES',
            shortcode: '174379',
            paidAt: clock.now(),
            account,
            phone: AMINA,
            phones: [],
          },
        ],
      }),
    codeOf: (grantNo: number) => must(handOver, { grantNo }).password,
  }
}

/** The value of a hidden field of a form. */
export const hidden = (html: string, name: string): string =>
  new RegExp(`name="${name}" value="([^"]*)"`).exec(html)?.[1] ?? ''
