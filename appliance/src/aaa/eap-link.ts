/** The way from a front to the EAP thread and back. */
import type { MessagePort } from 'node:worker_threads'
import type { EapAnswer, EapQuestion } from './login-handler.ts'
import type { StationAnswer, StationQuestion } from './stations.ts'

type Question = EapQuestion | StationQuestion
type Answer = EapAnswer | StationAnswer
export type ToEap = { readonly id: number; readonly question: Question }
export type FromEap = { readonly id: number; readonly answer: Answer }

/** Questions that may wait for the EAP thread; what comes on top is dropped and the NAS tries again. */
const QUESTIONS_MAX = 10_000
const DROPPED: EapAnswer = { kind: 'drop', reason: 'eap-busy' }
const BUSY: StationAnswer = { kind: 'none', reason: 'busy' }

export const isStationQuestion = (question: Question): question is StationQuestion => 'station' in question

export const createEapLink = (port: MessagePort) => {
  const waiting = new Map<number, (answer: Answer) => void>()
  let lastId = 0
  port.on('message', ({ id, answer }: FromEap) => {
    waiting.get(id)?.(answer)
    waiting.delete(id)
  })
  const ask = (question: Question, refusal: Answer): Promise<Answer> => {
    if (waiting.size >= QUESTIONS_MAX) return Promise.resolve(refusal)
    lastId += 1
    const id = lastId
    return new Promise((resolve) => {
      waiting.set(id, resolve)
      port.postMessage({ id, question } satisfies ToEap)
    })
  }
  // Each question is answered in its own kind.
  return {
    ask: (question: EapQuestion) => ask(question, DROPPED) as Promise<EapAnswer>,
    findStation: (question: StationQuestion) => ask(question, BUSY) as Promise<StationAnswer>,
  }
}
