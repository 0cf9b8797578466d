/** What programs may ask of the box, for the people who write them: all of it, and each part with its fields. */
import {
  Button,
  definePage,
  EmptyState,
  Field,
  fill,
  LinkButton,
  nothingHere,
  PageHead,
  Panel,
  PanelBody,
  Select,
  Sentence,
  Tabs,
  type Desk,
  type DeskPage,
} from '@lango/kernel/ui'
import { webLimits } from '../limits.ts'
import { VerbPanel } from './verb-panel.tsx'
import type { ApiVerb } from './verbs.ts'
import { wordsOf } from './words.ts'

const HERE = '/settings/api'
const MIB = 2 ** 20
const hrefOf = ({ tag, name }: ApiVerb): string => `${HERE}/${tag}#${name}`

/** What the address asks for. */
const askedOf = ({ search }: Desk) => ({
  q: (search.get('q') ?? '').trim().slice(0, 100),
  kind: ['command', 'query'].find((kind) => kind === search.get('kind')) ?? '',
  isMine: search.get('mine') === 'yes',
})

const findVerbs = (desk: Desk, verbs: readonly ApiVerb[]): readonly ApiVerb[] => {
  const { q, kind, isMine } = askedOf(desk)
  const parts = q.toLowerCase().split(/\s+/)
  return verbs.filter((verb) => {
    const text = `${verb.name} ${verb.summary} ${verb.permission}`.toLowerCase()
    const isFound = parts.every((part) => text.includes(part))
    return isFound && (kind === '' || verb.kind === kind) && (!isMine || desk.may(verb.permission))
  })
}

const groupsOf = (verbs: readonly ApiVerb[]): readonly (readonly [tag: string, of: readonly ApiVerb[]])[] =>
  [...new Set(verbs.map(({ tag }) => tag))].map((tag) => [tag, verbs.filter((verb) => verb.tag === tag)])

const Filters = ({ desk }: { desk: Desk }) => {
  const words = wordsOf(desk)
  const { q, kind, isMine } = askedOf(desk)
  return (
    <form class="filters" method="get" action={HERE} role="search">
      <Field locale={desk.locale} label={words.search} name="q" type="search" value={q} help={words.searchHelp} bare />
      <Select
        label={words.kind}
        name="kind"
        value={kind}
        options={[
          { value: '', label: words.any },
          { value: 'command', label: words.commands },
          { value: 'query', label: words.queries },
        ]}
      />
      <Select
        label={words.mine}
        name="mine"
        value={isMine ? 'yes' : ''}
        options={[
          { value: '', label: words.mineAll },
          { value: 'yes', label: words.mineOnly },
        ]}
      />
      <Button>{words.filter}</Button>
      {q !== '' || kind !== '' || isMine ? <a href={HERE}>{words.clear}</a> : null}
    </form>
  )
}

type VerbLinesProps = { verbs: readonly ApiVerb[]; to: (verb: ApiVerb) => string }

const VerbLines = ({ verbs, to }: VerbLinesProps) => (
  <ul class="lines">
    {verbs.map((verb) => (
      <li key={verb.name}>
        <a href={to(verb)}>
          <code>{verb.name}</code>
        </a>
        <span class="muted" lang="en">
          {verb.summary}
        </span>
      </li>
    ))}
  </ul>
)

const Group = ({ tag, verbs }: { tag: string; verbs: readonly ApiVerb[] }) => (
  <Panel title={tag} id={tag}>
    <VerbLines verbs={verbs} to={hrefOf} />
  </Panel>
)

const SHELL = `LANGO=http://127.0.0.1:8080 TOKEN=lango_…
curl "$LANGO/api/commands/vouchers.openBatch" -H "Authorization: Bearer $TOKEN" \\
  -H 'Idempotency-Key: order-1842' -d '{"plan":"Day-Pass","count":20}'`

const ANSWER = '{ "value": { "batch": 7, "plan": "Day-Pass", "count": 20 } }'
const REFUSAL =
  '{ "error": { "type": "PlanUnknown", "plan": "Day-Pass" }, "sentence": "No plan is called Day-Pass, or it is withdrawn." }'

const HowTo = ({ desk }: { desk: Desk }) => {
  const words = wordsOf(desk)
  return (
    <Panel title={words.ask}>
      <PanelBody>
        <p>
          {words.askToken} {desk.may('people.read') ? null : <Sentence text={words.makeTokenElsewhere} />}
        </p>
        {desk.may('people.read') ? (
          <p>
            <LinkButton href="/staff/tokens">{words.makeToken}</LinkButton>
          </p>
        ) : null}
        <p>
          {words.askBody} <Sentence text={words.askKey} />
        </p>
        <pre tabIndex={0}>{SHELL}</pre>
        <p>{words.askTime}</p>
      </PanelBody>
    </Panel>
  )
}

const Answers = ({ desk }: { desk: Desk }) => {
  const words = wordsOf(desk)
  const refusals = [
    ['400', words.status400],
    ['401', words.status401],
    ['403', words.status403],
    ['404', words.status404],
    ['409', words.status409],
    ['413', fill(words.status413, { size: `${webLimits.apiBodyBytesMax / MIB} MiB` })],
    ['503', words.status503],
  ] as const
  return (
    <Panel title={words.answers}>
      <PanelBody>
        <p>{words.answerGood}</p>
        <pre tabIndex={0}>{ANSWER}</pre>
        <p>
          <Sentence text={words.answerBad} />
        </p>
        <pre tabIndex={0}>{REFUSAL}</pre>
        <dl class="facts">
          {refusals.map(([status, meaning]) => (
            <div key={status}>
              <dt>{status}</dt>
              <dd>{meaning}</dd>
            </div>
          ))}
        </dl>
        <p>
          <a href="/api/openapi.json">{words.description}</a>
        </p>
      </PanelBody>
    </Panel>
  )
}

/** Asked for only when a page is: schemas are much to work out, and few ever read them. */
type VerbsOf = () => readonly ApiVerb[]

const referencePage = (verbsOf: VerbsOf): DeskPage =>
  definePage({
    path: HERE,
    // What the interface is, /api/openapi.json tells everybody.
    permission: 'self',
    async show(desk) {
      const words = wordsOf(desk)
      const found = findVerbs(desk, verbsOf())
      const isSearched = desk.search.size > 0
      return {
        title: words.title,
        content: (
          <>
            <PageHead title={words.title} beside={<span class="muted">{words.lead}</span>} />
            {isSearched ? null : (
              <>
                <HowTo desk={desk} />
                <Answers desk={desk} />
              </>
            )}
            <Filters desk={desk} />
            {found.length === 0 ? (
              <section class="panel">
                <EmptyState title={words.noneFound}>
                  <p>{words.noneFoundBody}</p>
                </EmptyState>
              </section>
            ) : (
              groupsOf(found).map(([tag, of]) => <Group key={tag} tag={tag} verbs={of} />)
            )}
          </>
        ),
      }
    },
  })

const partPage = (verbsOf: VerbsOf): DeskPage =>
  definePage({
    path: `${HERE}/:tag`,
    permission: 'self',
    async show(desk) {
      const words = wordsOf(desk)
      const tag = desk.param('tag')
      const verbs = verbsOf()
      const own = verbs.filter((verb) => verb.tag === tag)
      if (own.length === 0)
        return nothingHere(
          words.unknown,
          <EmptyState title={words.unknown}>
            <p>{words.unknownBody}</p>
            <p>
              <a href={HERE}>{words.toReference}</a>
            </p>
          </EmptyState>,
        )
      const title = fill(words.partOf, { tag })
      return {
        title,
        content: (
          <>
            <PageHead title={title}>
              <LinkButton href={HERE}>{words.toReference}</LinkButton>
            </PageHead>
            <Tabs
              label={words.title}
              tabs={groupsOf(verbs).map(([name]) => ({ href: `${HERE}/${name}`, label: name, current: name === tag }))}
            />
            <Panel title={tag}>
              <VerbLines verbs={own} to={({ name }) => `#${name}`} />
            </Panel>
            {own.map((verb) => (
              <VerbPanel key={verb.name} desk={desk} verb={verb} />
            ))}
          </>
        ),
      }
    },
  })

export const referencePages = (verbsOf: VerbsOf): readonly DeskPage[] => [referencePage(verbsOf), partPage(verbsOf)]
