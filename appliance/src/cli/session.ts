/** `lango session …` */
import type { ResultOf } from '@lango/kernel/db'
import { isCodeLogin } from '@lango/modules/access/rules'
import type { listSessions, sessionIds, showSession } from '@lango/modules/sessions'
import { shown, type CommandSpec } from './command.ts'
import { ago, duration, localTime, octets, table } from './format.ts'

const IDS_PAGE_ROWS = 10_000

type Open = ResultOf<typeof listSessions>

/** A voucher's session is kept under the hash of its code, which says nothing to people. */
const whoIs = ({ userName }: { readonly userName: string }): string => (isCodeLogin(userName) ? 'a voucher' : userName)

const list: CommandSpec = {
  path: ['session', 'list'],
  operands: [],
  summary: 'open sessions, the newest first',
  options: {
    login: { value: 'LOGIN', help: 'only of this user name' },
    limit: { value: 'N', help: 'how many at most (1000)' },
  },
  examples: ['lango session list', 'lango session list --login amina'],
  async run({ args, query, io }) {
    const found = await query<Open>('sessions.list', { login: args.text('login'), limit: args.whole('limit') ?? 1000 })
    if (!found.ok) return found
    const { rows, total } = found.value
    const hidden = total - rows.length
    return shown(
      rows,
      () =>
        table(
          ['ACCT-SESSION-ID', 'USER', 'ADDRESS', 'DEVICE', 'NAS', '>UP', '>DOWN', 'STARTED', 'HEARD'],
          rows.map((one) => [
            one.acctSessionId,
            whoIs(one),
            one.framedIp,
            one.device,
            one.nas,
            octets(one.inputOctets),
            octets(one.outputOctets),
            localTime(one.startedAt),
            ago(one.lastReceivedAt, io.now()),
          ]),
          'Nobody is online.',
        ),
      hidden > 0 ? { note: `${hidden} more are open: --limit ${total} shows all.` } : {},
    )
  },
}

type Stored = ResultOf<typeof showSession>

const show: CommandSpec = {
  path: ['session', 'show'],
  operands: ['ACCT-SESSION-ID'],
  summary: 'every stored session of an id (routers use ids again), the oldest first',
  options: {},
  examples: ['lango session show 81b00042', 'lango session show 81b00042 --json'],
  async run({ args, query }) {
    const acctSessionId = args.operand(0)!
    const found = await query<Stored>('sessions.show', { acctSessionId })
    if (!found.ok) return found
    return shown(found.value, () =>
      table(
        ['USER', 'STATE', 'STARTED', 'ENDED', 'ONLINE', '>UP', '>DOWN', 'ADDRESS', 'DEVICE', 'WHY IT ENDED'],
        found.value.map((one) => [
          whoIs(one),
          one.state,
          localTime(one.startedAt),
          localTime(one.endedAt),
          duration(one.sessionTimeSec),
          octets(one.inputOctets),
          octets(one.outputOctets),
          one.framedIp,
          one.device,
          one.terminateCause,
        ]),
        `No session ${acctSessionId} is stored.`,
      ),
    )
  },
}

type Page = ResultOf<typeof sessionIds>

const ids: CommandSpec = {
  path: ['session', 'ids'],
  operands: [],
  summary: 'every stored Acct-Session-Id, one a line',
  options: {},
  examples: ['lango session ids', 'lango session ids | sort | uniq -d'],
  async run({ query }) {
    const found: string[] = []
    for (let after: Page['next'] | undefined; after !== null;) {
      const page = await query<Page>('sessions.ids', { after, limit: IDS_PAGE_ROWS })
      if (!page.ok) return page
      for (const { acctSessionId } of page.value.rows) found.push(acctSessionId)
      after = page.value.next
    }
    return shown(found, () => found.join('\n'))
  },
}

type Ending = {
  readonly acctSessionId: string
  readonly state: 'done' | 'failed' | 'waiting'
  readonly steps: readonly { readonly at: number; readonly means: string; readonly outcome: string }[]
}

const disconnect: CommandSpec = {
  path: ['session', 'disconnect'],
  operands: ['ACCT-SESSION-ID'],
  summary: 'end a session, and check that it has ended',
  options: {},
  notes: [
    'The router’s word is not believed: the box waits for the end in accounting, and tries the next means when it does not come.',
  ],
  examples: ['lango session disconnect 81b00042'],
  async run({ args, action }) {
    const ended = await action<readonly Ending[]>('sessions.disconnect', { acctSessionId: args.operand(0)! })
    if (!ended.ok) return ended
    const isOver = ended.value.every(({ state }) => state === 'done')
    return shown(ended.value, () => ended.value.map(endingText).join('\n'), { exitCode: isOver ? 0 : 1 })
  },
}

const outcomes = {
  done: 'has ended',
  failed: 'could not be ended: it is still open',
  waiting: 'has not ended yet; the box goes on trying',
}

const endingText = ({ acctSessionId, state, steps }: Ending): string =>
  [`Session ${acctSessionId} ${outcomes[state]}.`, ...steps.map(({ means, outcome }) => `  ${means}: ${outcome}`)].join(
    '\n',
  )

export const sessionCommands = [list, show, ids, disconnect]
