/** What the AAA threads ask of the control thread, and its answers. */
import type { MessagePort } from 'node:worker_threads'

export type ControlQuestion =
  | {
      readonly kind: 'first-use'
      readonly grantId: string
      readonly device: string
      readonly bind: boolean
      readonly deviceLimit: number
    }
  | {
      readonly kind: 'learned'
      readonly no: number
      readonly messageAuthenticatorSeen: boolean
      readonly proxyStateFreeSeen: boolean
    }

export type FromFront =
  | { readonly kind: 'ready'; readonly ports: Readonly<Record<string, number>>; readonly receiveBufferBytes: number }
  | { readonly kind: 'failed'; readonly code: string; readonly port: number }
  | { readonly kind: 'question'; readonly id: number; readonly question: ControlQuestion }
  | { readonly kind: 'stopped' }

export type ToFront = { readonly kind: 'answer'; readonly id: number; readonly ok: boolean } | { readonly kind: 'stop' }

/** Control answers within a command's time or not at all; the NAS has given up by then. */
const ANSWER_WITHIN_MS = 2000
/** Questions that may wait at once: beyond it a first login is refused as busy. */
const QUESTIONS_MAX = 1000

/** Asks control and waits for its word; false when it says no, is too slow, or too much waits already. */
export const createAsker = (port: Pick<MessagePort, 'postMessage'>) => {
  const waiting = new Map<number, (ok: boolean) => void>()
  let lastId = 0
  return {
    ask: (question: ControlQuestion): Promise<boolean> => {
      if (waiting.size >= QUESTIONS_MAX) return Promise.resolve(false)
      lastId += 1
      const id = lastId
      return new Promise((resolve) => {
        const timer = setTimeout(() => settle(id, false), ANSWER_WITHIN_MS)
        waiting.set(id, (ok) => {
          clearTimeout(timer)
          resolve(ok)
        })
        port.postMessage({ kind: 'question', id, question } satisfies FromFront)
      })
    },
    settle: (id: number, ok: boolean): void => settle(id, ok),
  }

  function settle(id: number, ok: boolean): void {
    const resolve = waiting.get(id)
    waiting.delete(id)
    resolve?.(ok)
  }
}
