import {
  agoColumn,
  beforeAsked,
  Button,
  definePage,
  EmptyState,
  Field,
  nextBefore,
  OlderPager,
  PageHead,
  Select,
  Status,
  Table,
  UserText,
  withSearch,
  type Column,
  type Desk,
  type Meaning,
} from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import { AuditDetails, leadOf } from './audit-details.tsx'
import { AuditExport, exportAudit } from './audit-export.tsx'
import { wordsOf } from './words.ts'
import { auditedCommands, listStaff, searchAudit } from './queries.ts'
import type { PeopleWords } from './words.ts'

type Entry = ResultOf<typeof searchAudit>[number]

const PAGE_ROWS = 50
const outcomes = ['done', 'refused', 'failed', 'forbidden'] as const
type Outcome = (typeof outcomes)[number]

const outcomeMeaning = {
  done: 'good',
  refused: 'attention',
  failed: 'stopped',
  forbidden: 'stopped',
} as const satisfies Record<Outcome, Meaning>

const outcomeWord = (outcome: Outcome, words: PeopleWords): string =>
  outcome === 'done' ? words.outcomeDone : words[outcome]

const columns = (desk: Desk, names: ReadonlyMap<string, string>): readonly Column<Entry>[] => {
  const words = wordsOf(desk)
  return [
    agoColumn(desk, ({ at }) => at, {
      id: 'at',
      head: words.when,
      width: 'm',
    }),
    {
      id: 'who',
      head: words.who,
      width: 'l',
      card: 'title',
      value: ({ actorId }) => actorId,
      render: ({ actorKind, actorId }) => (
        <a href={withSearch(desk, { actor: actorId, before: '' })}>
          <UserText text={names.get(actorId) ?? `${actorKind} ${actorId}`} />
        </a>
      ),
    },
    { id: 'what', head: words.what, width: 'l', value: ({ command }) => command },
    {
      id: 'outcome',
      head: words.outcome,
      width: 'm',
      card: 'side',
      value: ({ outcome }) => outcome,
      render: ({ outcome }) => <Status meaning={outcomeMeaning[outcome]}>{outcomeWord(outcome, words)}</Status>,
    },
    {
      id: 'from',
      head: words.from,
      width: 'm',
      digits: true,
      secondary: true,
      value: ({ origin }) => origin ?? '',
      render: ({ origin }) => <UserText text={origin ?? ''} />,
    },
    {
      id: 'details',
      head: words.details,
      width: 'xl',
      card: 'wide',
      value: ({ record }) => leadOf(JSON.parse(record)),
      render: ({ record }) => <AuditDetails desk={desk} record={JSON.parse(record) as unknown} />,
    },
  ]
}

const outcomeOf = (text: string | null): Outcome | undefined => outcomes.find((each) => each === text)

const Filters = ({ desk }: { desk: Desk }) => {
  const words = wordsOf(desk)
  const { search } = desk
  return (
    <form class="filters" method="get" action="/audit">
      {search.get('actor') ? <input type="hidden" name="actor" value={search.get('actor')!} /> : null}
      <Field locale={desk.locale} label={words.command} name="command" value={search.get('command') ?? ''} bare />
      <Select
        label={words.outcome}
        name="outcome"
        value={search.get('outcome') ?? ''}
        options={[
          { value: '', label: words.any },
          ...outcomes.map((value) => ({ value, label: outcomeWord(value, words) })),
        ]}
      />
      <Button>{words.filter}</Button>
    </form>
  )
}

/** The commands with this in their name. */
const commandsMeant = async (desk: Desk, text: string): Promise<string[]> =>
  (await desk.ask(auditedCommands, {})).filter((name) => name.toLowerCase().includes(text.trim().toLowerCase()))

export const auditPage = definePage({
  path: '/audit',
  permission: 'audit.read',
  async show(desk) {
    const words = wordsOf(desk)
    const { search } = desk
    const [actorId, command, outcome] = [search.get('actor'), search.get('command'), outcomeOf(search.get('outcome'))]
    await desk.box('audit.opened', {})
    const commands = command || outcome ? await commandsMeant(desk, command ?? '') : undefined
    const entries = await desk.ask(searchAudit, {
      limit: PAGE_ROWS,
      ...(actorId ? { actorId } : {}),
      ...(commands ? { commands } : {}),
      ...(outcome === undefined ? {} : { outcome }),
      ...beforeAsked(desk),
    })
    const people = desk.may('people.read') ? await desk.ask(listStaff, {}) : []
    const names = new Map(people.map(({ id, login }) => [id, login]))
    return {
      title: words.audit,
      content: (
        <>
          <PageHead title={words.audit} />
          <Filters desk={desk} />
          <section class="panel">
            {entries.length === 0 ? (
              <EmptyState title={words.auditEmpty}>
                <p>{words.auditEmptyBody}</p>
              </EmptyState>
            ) : (
              <Table
                name="audit"
                caption={words.audit}
                columns={columns(desk, names)}
                rows={entries}
                rowKey={({ no }) => String(no)}
              />
            )}
          </section>
          <OlderPager desk={desk} words={words} next={nextBefore(entries, PAGE_ROWS)} />
          {entries.length === 0 ? null : <AuditExport desk={desk} />}
        </>
      ),
    }
  },
  deeds: { export: exportAudit },
})
