/** `/consents`: who has agreed to what, whether people are asked, and the contacts to send to as a file. */
import { hash } from 'node:crypto'
import { csvLine } from '@lango/kernel'
import {
  Button,
  Check,
  definePage,
  EmptyState,
  Facts,
  Field,
  fill,
  Form,
  formatNumber,
  FormReader,
  LinkButton,
  OlderPager,
  PageHead,
  Panel,
  PanelBody,
  RefusedNote,
  Said,
  valuesFor,
  visible,
  type Desk,
  type Done,
  type DoingDesk,
} from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import { readPhone } from '../customers/index.ts'
import { listSenders } from '../messages/index.ts'
import { changeSettings, showSettings } from '../settings/index.ts'
import { consentsToSend, countConsents, listConsents } from './consent-queries.ts'
import { CONSENTS_PATH, ConsentTable, wordsOf } from './consent-parts.tsx'
import { offersWords } from './consent-words.ts'
import { consentsExported } from './consents.ts'

const PAGE_ROWS = 50
const ID_MAX = 64
const EXPORT_PAGE_ROWS = 500
/** More than any list that one person sends to. */
const EXPORT_ROWS_MAX = 100_000

/** What is looked for, as contacts are kept; a phone is typed as people write it. */
const soughtIn = (desk: Desk): string => {
  const typed = (desk.search.get('q') ?? '').trim().slice(0, 254)
  const phone = readPhone(typed, desk.currency)
  return phone.ok ? phone.value : typed.toLowerCase()
}

const Search = ({ desk, sought }: { desk: Desk; sought: string }) => {
  const words = wordsOf(desk)
  return (
    <form class="form form-inline" method="get" action={CONSENTS_PATH}>
      <Field locale={desk.locale} label={words.find} name="q" value={visible(sought)} autoComplete="off" />
      <Button>{words.search}</Button>
      {sought === '' ? null : <LinkButton href={CONSENTS_PATH}>{words.all}</LinkButton>}
    </form>
  )
}

type Settings = ResultOf<typeof showSettings>

const Asking = ({ desk, now, senders }: { desk: Desk; now: Settings; senders: readonly unknown[] }) => {
  const words = wordsOf(desk)
  const form = valuesFor(desk, 'asks')
  const isOn = desk.refused?.deed === 'asks' ? desk.refused.fields.has('asks') : now.consentOffers
  const line = (name: 'consentWordsEn' | 'consentWordsSw', label: string, own: string) => (
    <Field
      locale={desk.locale}
      label={label}
      name={name}
      value={form.value(name, now[name])}
      help={fill(words.wordsHelp, { text: fill(own, { site: visible(desk.siteName) }) })}
      {...form.error(name)}
    />
  )
  return (
    <Panel title={words.settings}>
      <PanelBody>
        {senders.length > 0 ? null : (
          <p>
            {words.noSender} <a href="/settings/messages">{words.toMessages}</a>
          </p>
        )}
        <Form action={CONSENTS_PATH} deed="asks" once={desk.once()}>
          <Check label={words.asks} name="asks" checked={isOn} help={words.asksHelp} />
          {line('consentWordsEn', words.wordsEn, offersWords.en)}
          {line('consentWordsSw', words.wordsSw, offersWords.sw)}
          <Button kind="main">{words.save}</Button>
        </Form>
      </PanelBody>
    </Panel>
  )
}

const AsFile = ({ desk }: { desk: Desk }) => {
  const words = wordsOf(desk)
  return (
    <Panel title={words.exportTitle}>
      <PanelBody>
        <p>{words.exportBody}</p>
        {/* A file is answered and the page stays as it is: each time it is sent anew. */}
        <form method="post" action={CONSENTS_PATH}>
          <input type="hidden" name="do" value="csv" />
          <Button>{words.exportDo}</Button>
        </form>
      </PanelBody>
    </Panel>
  )
}

/** Names for programs: they are the same in every language. Instants are UTC. */
const CSV_HEAD = ['contact', 'channel', 'agreed_at', 'place', 'words_version', 'language', 'words'] as const

const csv = async (desk: DoingDesk): Promise<Done> => {
  const lines = [csvLine(CSV_HEAD)]
  let before: string | undefined
  do {
    const page = await desk.ask(consentsToSend, { limit: EXPORT_PAGE_ROWS, ...(before !== undefined && { before }) })
    for (const { contact, by, givenAt, place, version, language, text } of page)
      lines.push(csvLine([contact, by, new Date(givenAt).toISOString(), place ?? '', String(version), language, text]))
    before = page.length < EXPORT_PAGE_ROWS ? undefined : page.at(-1)!.id
  } while (before !== undefined && lines.length <= EXPORT_ROWS_MAX)
  const body = lines.join('')
  const recorded = await desk.tell(consentsExported, { rows: lines.length - 1, sha256: hash('sha256', body, 'hex') })
  if (!recorded.ok) return { fault: recorded.error }
  const day = new Date(desk.now).toISOString().slice(0, 10)
  return { file: { name: `offers-${day}.csv`, type: 'text/csv; charset=utf-8', body } }
}

const asks = async (desk: DoingDesk): Promise<Done> => {
  const form = new FormReader(desk.fields)
  const done = await desk.tell(changeSettings, {
    consentOffers: desk.fields.has('asks'),
    consentWordsEn: form.text('consentWordsEn') ?? '',
    consentWordsSw: form.text('consentWordsSw') ?? '',
  })
  return done.ok ? { go: `${CONSENTS_PATH}?said=saved` } : { fault: done.error }
}

const Rows = ({ desk, rows, sought }: { desk: Desk; rows: ResultOf<typeof listConsents>; sought: string }) => {
  const words = wordsOf(desk)
  if (rows.length > 0) return <ConsentTable desk={desk} rows={rows} />
  return (
    <EmptyState title={sought === '' ? words.none : words.nothingFound}>
      {sought === '' ? <p>{words.noneBody}</p> : null}
    </EmptyState>
  )
}

export const consentsPage = definePage({
  path: CONSENTS_PATH,
  permission: 'subscribers.read',
  async show(desk) {
    const words = wordsOf(desk)
    const sought = soughtIn(desk)
    const last = desk.search.get('before') ?? ''
    const before = last === '' || last.length > ID_MAX ? {} : { before: last }
    const rows = await desk.ask(listConsents, {
      ...before,
      limit: PAGE_ROWS,
      ...(sought !== '' && { contact: sought }),
    })
    const wanted = await desk.ask(countConsents, {})
    const set =
      desk.may('settings.write') && desk.may('settings.read')
        ? { now: await desk.ask(showSettings, {}), senders: await desk.ask(listSenders, {}) }
        : undefined
    return {
      title: words.title,
      content: (
        <>
          <PageHead title={words.title}>
            <LinkButton href="/registrations">{words.registrations}</LinkButton>
          </PageHead>
          <Said desk={desk} words={{ saved: words.saved, forgotten: words.forgotten }} />
          <RefusedNote desk={desk} />
          <p class="muted">{words.what}</p>
          <section class="panel">
            <PanelBody>
              <Facts facts={[[words.wanted, formatNumber(wanted, desk.locale)]]} />
              <Search desk={desk} sought={sought} />
            </PanelBody>
            <Rows desk={desk} rows={rows} sought={sought} />
          </section>
          <OlderPager desk={desk} words={words} next={rows.length < PAGE_ROWS ? undefined : rows.at(-1)?.id} />
          {set === undefined ? null : <Asking desk={desk} {...set} />}
          {desk.may('consents.export') ? <AsFile desk={desk} /> : null}
        </>
      ),
    }
  },
  deeds: { asks: { permission: 'settings.write', run: asks }, csv: { permission: 'consents.export', run: csv } },
})
