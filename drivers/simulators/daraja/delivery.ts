/**
 * Posts callbacks, those to one address one after the other, and goes wrong on demand. They go to this machine alone.
 */
import type { Timers } from '@lango/kernel'
import type { CallbackFault } from './types.ts'

export type Delivery = {
  readonly url: string
  readonly body: object
  /** HTTP status of whoever was told; undefined where nobody was, or nobody answered. */
  readonly status: number | undefined
}

export type Letter = { readonly url: string; readonly body: object; readonly timeoutUrl?: string }

const ANSWER_MS = 10_000
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

export const createDelivery = (timers: Timers) => {
  const faults: CallbackFault[] = []
  const delivered: Delivery[] = []
  const held: Letter[] = []
  /** By address: what is on its way there. */
  const tails = new Map<string, Promise<unknown>>()

  const post = async ({ url, body }: Letter, patienceMs = ANSWER_MS): Promise<unknown> => {
    const late = new AbortController()
    const cancel = timers.after(patienceMs, () => late.abort())
    let status: number | undefined
    try {
      if (!LOOPBACK.test(URL.parse(url)?.hostname ?? '')) return undefined
      const answer = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
        redirect: 'manual',
        signal: late.signal,
      })
      status = answer.status
      return (await answer.json()) as unknown
    } catch {
      return undefined
    } finally {
      cancel()
      delivered.push({ url, body, status })
    }
  }

  const inTurn = <T>(url: string, work: () => Promise<T>): Promise<T> => {
    const done = (tails.get(url) ?? Promise.resolve()).then(work)
    tails.set(url, done)
    void done.then(() => {
      if (tails.get(url) === done) tails.delete(url)
    })
    return done
  }
  const send = (letter: Letter): void => void inTurn(letter.url, () => post(letter))
  const sendHeld = (): void => held.splice(0).forEach(send)

  const deliver = (letter: Letter): void => {
    const fault = faults.shift()
    if (fault === 'lost') return
    if (fault === 'held') return void held.push(letter)
    if (typeof fault === 'object' && 'lateMs' in fault) return void timers.after(fault.lateMs, () => send(letter))
    if (fault === 'queue-timeout') send({ ...letter, url: letter.timeoutUrl ?? letter.url })
    else send(fault === undefined || fault === 'duplicated' ? letter : { ...letter, body: forged(letter.body, fault) })
    if (fault === 'duplicated') send(letter)
    sendHeld()
  }

  return {
    deliver,
    /** Asks and waits for what is answered; undefined where nothing came in time. */
    ask: (letter: Letter, patienceMs: number): Promise<unknown> => inTurn(letter.url, () => post(letter, patienceMs)),
    fail: (...more: readonly CallbackFault[]) => void faults.push(...more),
    sendHeld,
    delivered: delivered as readonly Delivery[],
    settled: async () => {
      while (tails.size > 0) await Promise.all(tails.values())
    },
  }
}

/** The same with one thing of it changed, wherever it stands. */
const forged = (body: object, fault: CallbackFault): object => {
  const changes: Readonly<Record<string, unknown>> =
    fault === 'forged-ref'
      ? {
          CheckoutRequestID: 'ws_CO_forged',
          ConversationID: 'AG_forged',
          responseRefID: 'forged',
          requestRefID: 'forged',
        }
      : fault === 'forged-shortcode'
        ? { BusinessShortCode: '999999' }
        : typeof fault === 'object' && 'amount' in fault
          ? { TransAmount: `${fault.amount}.00` }
          : {}
  const change = (key: string, value: unknown): unknown => {
    if (Object.hasOwn(changes, key)) return changes[key]
    const named = value as { readonly Name?: string; readonly name?: string } | null
    if (typeof fault !== 'object' || !('amount' in fault)) return value
    if (named?.name === 'amount') return { name: 'amount', value: `${fault.amount}.00` }
    return named?.Name === 'Amount' ? { Name: 'Amount', Value: fault.amount } : value
  }
  return JSON.parse(JSON.stringify(body, change)) as object
}
