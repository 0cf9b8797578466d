/** The log of logins as a reader meets it: each with its reason in the reader's language. */
import { z } from 'zod'
import { err, ok, type Fault, type Result } from '@lango/kernel'
import { langs, type Lang } from '@lango/kernel/ui'
import { inputInvalid, type Actor } from '@lango/kernel/verbs'
import { normaliseDevice, readCode } from '@lango/modules/access'
import { decisionFilters, shownLogin, type DecisionPage, type FoundDecision } from './aaa/decision-search.ts'
import { reasons, reasonWords, type Reason } from './aaa/reasons.ts'
import { reasonIn } from './web/reason-words.ts'

const input = decisionFilters.extend({ lang: z.enum(langs).default('en') })

export type AccessLogDeps = {
  readonly ask: (name: string, input: unknown) => Promise<Result<unknown, Fault>>
  readonly command: (name: string, input: unknown, by: Actor) => Promise<Result<unknown, Fault>>
}

/** Reasons that a row of the log can have, for choosing one. */
const toldReasons = (lang: Lang) =>
  reasons
    .filter((reason) => reason !== 'none')
    .map((reason) => ({ reason, sentence: reasonIn(lang, reason, reasonWords[reason]).sentence }))

const told = (lang: Lang, decision: FoundDecision) => {
  const { grantNo: _, detail, ...row } = decision
  const login = shownLogin(decision)
  const words = reasonIn(lang, decision.reason satisfies Reason, decision)
  // The detail of a voucher's login is the end of its code, which stands in the login already.
  return { ...row, login, detail: login === decision.login ? detail : '', ...words }
}

/** What was decided of a login, each reason in the reader's language. */
export const createDecisionSearch =
  (ask: AccessLogDeps['ask']) =>
  async (asked: unknown): Promise<Result<unknown, Fault>> => {
    const parsed = z.looseObject({ lang: z.enum(langs).default('en') }).safeParse(asked)
    if (!parsed.success) return err(inputInvalid(parsed.error))
    const { lang, ...filters } = parsed.data
    const found = await ask('decisions.search', filters)
    if (!found.ok || lang === 'en') return found
    const rows = found.value as readonly FoundDecision[]
    return ok(rows.map((row) => ({ ...row, ...reasonIn(lang, row.reason, row) })))
  }

/** Device and voucher as people write them. A voucher's decisions are kept under the login that stands for its code. */
export const createAccessLog =
  ({ ask, command }: AccessLogDeps) =>
  async (asked: unknown, by: Actor): Promise<Result<unknown, Fault>> => {
    const parsed = input.safeParse(asked)
    if (!parsed.success) return err(inputInvalid(parsed.error))
    const { lang, login, device, ...filters } = parsed.data
    const loginOf = async (typed: string): Promise<string> => {
      const code = readCode(typed)
      if (code === undefined) return typed
      const found = await command('vouchers.show', { code }, by)
      return found.ok ? (found.value as { login: string }).login : typed
    }
    const page = await ask('decisions.page', {
      ...filters,
      ...(login === undefined ? {} : { login: await loginOf(login) }),
      ...(device === undefined ? {} : { device: normaliseDevice(device) }),
    })
    if (!page.ok) return page
    const { rows, next } = page.value as DecisionPage
    return ok({ rows: rows.map((row) => told(lang, row)), next, reasons: toldReasons(lang) })
  }
