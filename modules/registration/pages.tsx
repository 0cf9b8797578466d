/** `/registrations`: who has registered by themselves, or tried to. */
import {
  agoColumn,
  beforeAsked,
  Button,
  Check,
  definePage,
  EmptyState,
  Facts,
  fill,
  Form,
  formatPhone,
  LinkButton,
  nextBefore,
  OlderPager,
  PageHead,
  Panel,
  PanelBody,
  RefusedNote,
  Said,
  Status,
  Table,
  UserText,
  type Column,
  type Desk,
  type DeskPage,
  type Meaning,
} from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import { changeSettings, showSettings } from '../settings/index.ts'
import { CONSENTS_PATH } from './consent-parts.tsx'
import { consentPage } from './pages-consent.tsx'
import { consentsPage } from './pages-consents.tsx'
import { registrationWords } from './pages-words.ts'
import { countCodes, listRegistrations } from './queries.ts'
import { loginOf, registrationLimits } from './rules.ts'

const PATH = '/registrations'
const PAGE_ROWS = 50

type Row = ResultOf<typeof listRegistrations>[number]
const wordsOf = (desk: Pick<Desk, 'locale'>) => registrationWords[desk.locale.lang]

/** One whose code is too old waits for nothing any more. */
const stateOf = ({ state, codeExpiresAt }: Row, now: number): Row['state'] | 'lapsed' =>
  state === 'waiting' && codeExpiresAt <= now ? 'lapsed' : state

const meanings = { waiting: 'attention', lapsed: 'plain', done: 'good', refused: 'stopped' } as const satisfies Record<
  string,
  Meaning
>

const State = ({ desk, row }: { desk: Desk; row: Row }) => {
  const words = wordsOf(desk)
  const state = stateOf(row, desk.now)
  return (
    <>
      <Status meaning={meanings[state]}>{state === 'done' && row.plan === null ? words.agreed : words[state]}</Status>
      {row.reason === null ? null : <span class="muted"> {words[row.reason]}</span>}
    </>
  )
}

const columns = (desk: Desk): readonly Column<Row>[] => {
  const words = wordsOf(desk)
  const contact = ({ contact: text }: Row): string => (text.startsWith('+') ? formatPhone(text) : text)
  return [
    {
      id: 'name',
      head: words.name,
      width: 'l',
      card: 'title',
      value: ({ name }) => name,
      render: ({ name, state, plan, contact: own }) =>
        state === 'done' && plan !== null ? (
          <a href={`/subscribers/${encodeURIComponent(loginOf(own))}`}>
            <UserText text={name} />
          </a>
        ) : (
          <UserText text={name} />
        ),
    },
    {
      id: 'contact',
      head: words.contact,
      width: 'l',
      card: 'wide',
      value: contact,
      render: (row) => <UserText text={contact(row)} />,
    },
    {
      id: 'plan',
      head: words.plan,
      width: 'm',
      value: ({ plan }) => plan ?? words.offersOnly,
      render: ({ plan }) => <UserText text={plan ?? words.offersOnly} />,
    },
    agoColumn(desk, ({ createdAt }) => createdAt, {
      id: 'asked',
      head: words.asked,
      width: 'm',
    }),
    {
      id: 'state',
      head: words.state,
      width: 'xl',
      card: 'wide',
      value: ({ state }) => state,
      render: (row) => <State desk={desk} row={row} />,
    },
  ]
}

const Rows = ({ desk, rows }: { desk: Desk; rows: readonly Row[] }) => {
  const words = wordsOf(desk)
  if (rows.length === 0)
    return (
      <EmptyState title={words.none}>
        <p>{words.noneBody}</p>
      </EmptyState>
    )
  return (
    <Table
      name="registrations"
      caption={words.title}
      columns={columns(desk)}
      rows={rows}
      rowKey={({ no }) => String(no)}
    />
  )
}

const Sending = ({ desk, isOn }: { desk: Desk; isOn: boolean }) => {
  const words = wordsOf(desk)
  return (
    <Panel title={words.settings}>
      <PanelBody>
        <Form action={desk.here} deed="sends" once={desk.once()}>
          <Check label={words.sends} name="sends" checked={isOn} help={words.sendsHelp} />
          <Button>{words.save}</Button>
        </Form>
      </PanelBody>
    </Panel>
  )
}

const registrationsPage = definePage({
  path: PATH,
  permission: 'subscribers.read',
  async show(desk) {
    const words = wordsOf(desk)
    const rows = await desk.ask(listRegistrations, { ...beforeAsked(desk), limit: PAGE_ROWS })
    const codes = await desk.ask(countCodes, { now: desk.now })
    const mayWrite = desk.may('settings.write') && desk.may('settings.read')
    const isOn = mayWrite && (await desk.ask(showSettings, {})).registrationSendsPassword
    const used = fill(words.codesOf, { n: codes, max: registrationLimits.codesPerHourMax })
    return {
      title: words.title,
      content: (
        <>
          <PageHead title={words.title}>
            <LinkButton href="/subscribers">{words.subscribers}</LinkButton>
            <LinkButton href={CONSENTS_PATH}>{words.consents}</LinkButton>
            {desk.may('plans.read') ? <LinkButton href="/plans">{words.toPlans}</LinkButton> : null}
            {mayWrite ? <LinkButton href="/settings/messages">{words.toMessages}</LinkButton> : null}
          </PageHead>
          <Said desk={desk} words={{ saved: words.saved }} />
          <RefusedNote desk={desk} />
          <p class="muted">{fill(words.what, { address: '/join' })}</p>
          <section class="panel">
            <PanelBody>
              <Facts facts={[[words.codes, used]]} />
            </PanelBody>
            <Rows desk={desk} rows={rows} />
          </section>
          <OlderPager desk={desk} words={words} next={nextBefore(rows, PAGE_ROWS)} />
          <p class="muted">{words.kept}</p>
          {mayWrite ? <Sending desk={desk} isOn={isOn} /> : null}
        </>
      ),
    }
  },
  deeds: {
    sends: {
      permission: 'settings.write',
      async run(desk) {
        const done = await desk.tell(changeSettings, { registrationSendsPassword: desk.fields.has('sends') })
        return done.ok ? { go: `${PATH}?said=saved` } : { fault: done.error }
      },
    },
  },
})

export const registrationPages: readonly DeskPage[] = [registrationsPage, consentsPage, consentPage]
