/**
 * A server that speaks Safaricom's Daraja 3.0 as far as payments need it, with customers, balances and handsets. It
 * goes wrong on demand. Everything is made up: no money moves, and callbacks go to this machine alone.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Timers } from '@lango/kernel'
import { createApi, type Handler } from './api.ts'
import { createC2b, createC2bApi, type C2b, type PaidByHimself, type PaymentOutcome } from './c2b.ts'
import { createDelivery, type Delivery } from './delivery.ts'
import { choicePage, handsetPage, isDecision } from './handset.ts'
import { bodyOf, fieldsOf, sendJson, sendPage, sendTo } from './http.ts'
import { createInitiators } from './initiator.ts'
import { createHandsets, type Handsets, type Prompt } from './handsets.ts'
import { createPull } from './pull.ts'
import { createPush } from './push.ts'
import { createStandingOrders, type StandingOrder, type StandingOrders } from './standing-orders.ts'
import {
  SHILLINGS,
  type CallbackFault,
  type DarajaSimulatorOptions,
  type PromptOutcome,
  type RequestFault,
} from './types.ts'
import { createWorld, type World } from './world.ts'

export type * from './types.ts'

export type DarajaSimulator = {
  readonly server: string
  readonly handset: string
  /** For a terminal: what it is and where. */
  readonly readyLine: string
  /** PEM that passwords of initiators are sealed with. */
  readonly certificate: string
  /** What was asked, in order: `POST /mpesa/stkpush/v1/processrequest`. */
  readonly asked: readonly string[]
  readonly delivered: readonly Delivery[]
  /** Shillings; undefined for who or what is not known. */
  balanceOf(msisdnOrShortcode: string): number | undefined
  /** Of prompts on handsets, by number. */
  openPrompts(msisdn: string): readonly Prompt[]
  /** What holders of handsets do, a prompt each; without one a prompt waits for the page, or times out. */
  script(...outcomes: readonly PromptOutcome[]): void
  /** Types a PIN at the prompt that waits on a handset; the right one unless given. */
  enterPin(msisdn: string, pin?: string): void
  /** A customer pays the paybill or till without a prompt. */
  pay(payment: PaidByHimself): Promise<PaymentOutcome>
  /** Standing orders that a customer has agreed to, and has not stopped. */
  standingOrders(msisdn: string): readonly StandingOrder[]
  /** Lets the next due day of each of them come; what each of them came to. */
  dueDay(): Promise<readonly PaymentOutcome[]>
  /** Goes wrong in these ways, a request each. */
  fail(...faults: readonly RequestFault[]): void
  failToken(...faults: readonly RequestFault[]): void
  /** Callbacks go wrong in these ways, one each. */
  failCallbacks(...faults: readonly CallbackFault[]): void
  /** Sends what was held back and met no next one. */
  sendHeld(): void
  /** Resolves when no callback is on its way. */
  settled(): Promise<void>
  close(): Promise<void>
}

type Parts = {
  readonly world: World
  readonly handsets: Handsets
  readonly c2b: C2b
  readonly orders: StandingOrders
}

export const startDarajaSimulator = async (given: DarajaSimulatorOptions): Promise<DarajaSimulator> => {
  const { timers, cancelAll } = cancellable(given.timers)
  const options = { ...given, timers }
  const world = createWorld(options)
  const delivery = createDelivery(options.timers)
  const c2b = createC2b({ world, delivery, now: options.now })
  const handsets = createHandsets({ world, delivery, options, onPaid: c2b.confirm })
  const orders = createStandingOrders({ world, handsets, c2b, options })
  const parts = { world, handsets, c2b, orders }
  const api = createApi(world, options, routesOf(parts, options, createInitiators(world, delivery)))
  const { script } = handsets
  const { fail, failToken } = api

  /** For whoever runs it as a process of its own: the same as the methods, by JSON. */
  const control = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const fields = fieldsOf(await bodyOf(request)) ?? {}
    const told = Array.isArray(fields['with']) ? (fields['with'] as readonly unknown[]) : []
    if (fields['do'] === 'script') script(...(told as PromptOutcome[]))
    else if (fields['do'] === 'fail') fail(...(told as RequestFault[]))
    else if (fields['do'] === 'failToken') failToken(...(told as RequestFault[]))
    else if (fields['do'] === 'failCallbacks') delivery.fail(...(told as CallbackFault[]))
    else if (fields['do'] === 'pay') return sendJson(response, 200, await c2b.pay(told[0] as PaidByHimself))
    else if (fields['do'] === 'dueDay') return sendJson(response, 200, await orders.dueDay())
    else
      return sendJson(response, 400, { error: 'do: script, fail, failToken, failCallbacks, pay, dueDay; with: a list' })
    sendJson(response, 200, {})
  }

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = request.url ?? ''
    if (url.startsWith('/handset')) return handset(parts, request, response)
    return url === '/simulator' && request.method === 'POST'
      ? control(request, response)
      : api.answer(request, response)
  }

  const http = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy()
      else sendJson(response, 500, { error: (error as Error).message })
    })
  })
  await new Promise<void>((ready) => http.listen(options.port ?? 0, '127.0.0.1', ready))
  const server = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  const openPrompts = (msisdn: string) => openOf(parts, msisdn)

  return {
    server,
    handset: `${server}/handset`,
    readyLine: `Simulated M-Pesa, no money moves: API ${server}, handsets ${server}/handset`,
    get certificate() {
      return world.keys().publicKey
    },
    asked: api.asked,
    delivered: delivery.delivered,
    balanceOf: (who) => (world.customers.get(who) ?? world.shortcodes.get(who))?.balance,
    openPrompts,
    script,
    enterPin: (msisdn, pin) => openPrompts(msisdn).forEach((prompt) => handsets.approve(prompt, pin)),
    pay: c2b.pay,
    standingOrders: orders.of,
    dueDay: () => orders.dueDay(),
    fail,
    failToken,
    failCallbacks: delivery.fail,
    sendHeld: delivery.sendHeld,
    settled: delivery.settled,
    close: () =>
      new Promise((closed) => {
        cancelAll()
        http.close(() => closed())
        http.closeAllConnections()
      }),
  }
}

/** Prompts wait for a minute; nobody shall wait for them once it is closed. */
const cancellable = (timers: Timers): { readonly timers: Timers; readonly cancelAll: () => void } => {
  const waiting = new Set<() => void>()
  return {
    cancelAll: () => waiting.forEach((cancel) => cancel()),
    timers: {
      after(delayMs, run) {
        const stop = timers.after(delayMs, () => {
          waiting.delete(cancel)
          run()
        })
        const cancel = (): void => {
          waiting.delete(cancel)
          stop()
        }
        waiting.add(cancel)
        return cancel
      },
    },
  }
}

const routesOf = (
  { world, handsets, c2b, orders }: Parts,
  options: DarajaSimulatorOptions,
  initiators: ReturnType<typeof createInitiators>,
): ReadonlyMap<string, Handler> => {
  const push = createPush(world, handsets, options.now)
  const { register, simulate } = createC2bApi(c2b, world, options.environment ?? 'sandbox')
  const pull = createPull(world, options)
  return new Map<string, Handler>([
    ['/mpesa/stkpush/v1/processrequest', push.submit],
    ['/mpesa/stkpushquery/v1/query', push.query],
    ['/mpesa/c2b/v1/registerurl', register('v1')],
    ['/mpesa/c2b/v2/registerurl', register('v2')],
    ['/mpesa/c2b/v1/simulate', simulate],
    ['/mpesa/c2b/v2/simulate', simulate],
    ['/pulltransactions/v1/register', pull.register],
    ['/pulltransactions/v1/query', pull.query],
    ['/mpesa/b2c/v3/paymentrequest', initiators.b2c],
    ['/mpesa/reversal/v1/request', initiators.reversal],
    ['/mpesa/transactionstatus/v1/query', initiators.status],
    ['/mpesa/accountbalance/v1/query', initiators.balance],
    ['/standingorder/v1/createStandingOrderExternal', orders.create],
  ])
}

const openOf = ({ handsets }: Parts, msisdn: string): readonly Prompt[] =>
  [...handsets.prompts.values()].filter((prompt) => prompt.msisdn === msisdn && !prompt.end && !prompt.isIgnored)

/** What somebody types, as it is called here. */
const typedMsisdn = (typed: string): string => typed.replaceAll(/\D/g, '').replace(/^0?(?=[17]\d{8}$)/, '254')

/** The page that stands for a handset, and its two forms. */
const handset = async (parts: Parts, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const url = new URL(request.url ?? '/', 'http://daraja')
  if (request.method === 'POST') {
    const form = new URLSearchParams(await bodyOf(request))
    const work = formWorks[url.pathname] ?? decideByForm
    return work(parts, (name) => form.get(name) ?? '', response)
  }
  const msisdn = typedMsisdn(url.searchParams.get('phone') ?? '')
  if (msisdn === '') return sendPage(response, choicePage(parts.world))
  const told = { receipt: url.searchParams.get('receipt'), code: url.searchParams.get('code') }
  const shown = { prompts: openOf(parts, msisdn), orders: parts.orders.of(msisdn) }
  sendPage(response, handsetPage(parts.world, msisdn, shown, told))
}

type FormWork = (parts: Parts, typed: (name: string) => string, response: ServerResponse) => Promise<void>

const decideByForm: FormWork = async ({ handsets }, typed, response) => {
  const prompt = handsets.prompts.get(typed('ref'))
  const decision = typed('decision')
  if (prompt !== undefined && isDecision(decision)) handsets.act(prompt, decision)
  sendTo(response, `/handset?phone=${prompt?.msisdn ?? ''}`)
}

const payByForm: FormWork = async ({ c2b }, typed, response) => {
  const msisdn = typedMsisdn(typed('phone'))
  const amount = SHILLINGS.test(typed('amount')) ? Number(typed('amount')) : 0
  const outcome = await c2b.pay({ msisdn, amount, shortcode: typed('shortcode'), account: typed('account') })
  const told: Readonly<Record<string, string>> = outcome.paid ? { receipt: outcome.receipt } : { code: outcome.code }
  // A page of its own, so that loading it again pays nothing again.
  sendTo(response, `/handset?${new URLSearchParams({ phone: msisdn, ...told }).toString()}`)
}

/** Its next due day comes, or its holder stops it. */
const orderByForm: FormWork = async ({ orders }, typed, response) => {
  const msisdn = typedMsisdn(typed('phone'))
  const order = orders.of(msisdn).find(({ name }) => name === typed('name'))
  if (order && typed('do') === 'stop') order.isActive = false
  const [outcome] = order && typed('do') === 'due' ? await orders.dueDay(order) : []
  const told: Readonly<Record<string, string>> =
    outcome === undefined ? {} : outcome.paid ? { receipt: outcome.receipt } : { code: outcome.code }
  sendTo(response, `/handset?${new URLSearchParams({ phone: msisdn, ...told }).toString()}`)
}

const formWorks: Readonly<Record<string, FormWork>> = {
  '/handset/pay': payByForm,
  '/handset/order': orderByForm,
}
