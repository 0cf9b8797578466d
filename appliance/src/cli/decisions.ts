/** `lango decisions` */
import type { ValueOf } from '@lango/kernel/verbs'
import type { showVoucher } from '@lango/modules/vouchers'
import { shownLogin, type FoundDecision } from '../aaa/decision-search.ts'
import { shown, type CliContext, type CommandSpec } from './command.ts'
import { ago, clean } from './format.ts'

const LIMIT_DEFAULT = 20

const decisions: CommandSpec = {
  path: ['decisions'],
  operands: ['[USER]'],
  summary: 'why a login was accepted or refused, the newest first; without a name, everybody’s',
  options: { limit: { value: 'N', help: `how many at most (${LIMIT_DEFAULT})` } },
  notes: ['Nothing here? Then no request that could be read arrived: see lango doctor.'],
  examples: ['lango decisions amina', 'lango decisions --limit 100 --json'],
  async run({ args, action, command, io }) {
    const login = await loginOf(args.operand(0), command)
    const found = await action<readonly FoundDecision[]>('decisions.search', {
      login,
      limit: args.whole('limit') ?? LIMIT_DEFAULT,
    })
    if (!found.ok) return found
    const none =
      login === undefined
        ? 'No login has been answered yet.'
        : `No login of ${clean(login)} has been answered. Did it reach the box? See: lango doctor`
    return shown(found.value, () => found.value.map((one) => decisionText(one, io.now())).join('\n') || none)
  },
}

/** A voucher's decisions are kept under the login that stands for its code. */
const loginOf = async (typed: string | undefined, command: CliContext['command']): Promise<string | undefined> => {
  const { readCode } = await import('@lango/modules/access/rules')
  if (typed === undefined || readCode(typed) === undefined) return typed
  const found = await command<ValueOf<typeof showVoucher>>('vouchers.show', { code: typed })
  return found.ok ? found.value.login : typed
}

/** A line of what happened; below it why, and what to do. */
export const decisionText = (decision: FoundDecision, now: number): string => {
  const { at, outcome, method, device, latencyMicros, sentence, remedy } = decision
  const login = shownLogin(decision)
  const detail = login === decision.login ? decision.detail : ''
  const from = device === '' ? '' : ` from ${clean(device)}`
  const head = `${ago(at, now)}: ${outcome} of ${clean(login)} by ${method}${from}, ${(latencyMicros / 1000).toFixed(1)} ms`
  const why = detail === '' ? sentence : `${sentence} (${clean(detail)})`
  return [head, `  ${why}`, ...(remedy === '' ? [] : [`  ${remedy}`])].join('\n')
}

export const decisionsCommands = [decisions]
