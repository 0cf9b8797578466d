/** The way from a front to the EAP thread and back. */
import type { MessagePort } from 'node:worker_threads'
import type { EapAnswer, EapQuestion } from './login-handler.ts'

export type ToEap = { readonly id: number; readonly question: EapQuestion }
export type FromEap = { readonly id: number; readonly answer: EapAnswer }

/** Questions that may wait for the EAP thread; what comes on top is dropped and the NAS tries again. */
const QUESTIONS_MAX = 10_000
const DROPPED: EapAnswer = { kind: 'drop', reason: 'eap-busy' }

export const createEapLink = (port: MessagePort) => {
  const waiting = new Map<number, (answer: EapAnswer) => void>()
  let lastId = 0
  port.on('message', ({ id, answer }: FromEap) => {
    waiting.get(id)?.(answer)
    waiting.delete(id)
  })
  return {
    ask: (question: EapQuestion): Promise<EapAnswer> => {
      if (waiting.size >= QUESTIONS_MAX) return Promise.resolve(DROPPED)
      lastId += 1
      const id = lastId
      return new Promise((resolve) => {
        waiting.set(id, resolve)
        port.postMessage({ id, question } satisfies ToEap)
      })
    },
  }
}
