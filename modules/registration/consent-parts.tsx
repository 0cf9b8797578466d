/** What the pages of consents have in common. */
import {
  agoColumn,
  fill,
  formatPhone,
  Status,
  Table,
  UserText,
  type Column,
  type Desk,
  type Locale,
} from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import type { listConsents } from './consent-queries.ts'
import { consentWords } from './consent-words.ts'

export const CONSENTS_PATH = '/consents'
export type Consent = ResultOf<typeof listConsents>[number]

export const wordsOf = ({ locale }: { readonly locale: Pick<Locale, 'lang'> }) => consentWords[locale.lang]

export const contactText = ({ contact }: Pick<Consent, 'contact'>): string =>
  contact.startsWith('+') ? formatPhone(contact) : contact

export const versionText = (desk: Desk, { version, language }: Consent): string =>
  fill(wordsOf(desk).versionOf, { n: version, language })

const whoStopped = (desk: Desk, { withdrawnBy, withdrawer }: Consent): string => {
  const words = wordsOf(desk)
  if (withdrawnBy === 'self') return words.byThemselves
  if (withdrawnBy === 'newer') return words.byNewer
  return fill(words.byDesk, { name: withdrawer ?? words.console })
}

export const ConsentState = ({ desk, consent }: { desk: Desk; consent: Consent }) => {
  const words = wordsOf(desk)
  if (consent.withdrawnAt === null) return <Status meaning="good">{words.agreed}</Status>
  return (
    <>
      <Status meaning="plain">{words.stopped}</Status> <span class="muted">{whoStopped(desk, consent)}</span>
    </>
  )
}

const columns = (desk: Desk): readonly Column<Consent>[] => {
  const words = wordsOf(desk)
  return [
    {
      id: 'contact',
      head: words.contact,
      width: 'l',
      card: 'title',
      value: contactText,
      render: (consent) => (
        <a href={`${CONSENTS_PATH}/${encodeURIComponent(consent.id)}`}>
          <UserText text={contactText(consent)} />
        </a>
      ),
    },
    { id: 'purpose', head: words.purpose, width: 'l', card: 'wide', value: ({ purpose }) => words[purpose] },
    { id: 'version', head: words.version, width: 'm', value: (consent) => versionText(desk, consent) },
    agoColumn(desk, ({ givenAt }) => givenAt, { id: 'given', head: words.given, width: 'm' }),
    {
      id: 'place',
      head: words.place,
      width: 'm',
      value: ({ place }) => place ?? words.placeUnknown,
      render: ({ place }) => <UserText text={place ?? words.placeUnknown} />,
    },
    {
      id: 'state',
      head: words.state,
      width: 'xl',
      card: 'wide',
      value: ({ withdrawnAt }) => (withdrawnAt === null ? words.agreed : words.stopped),
      render: (consent) => <ConsentState desk={desk} consent={consent} />,
    },
  ]
}

export const ConsentTable = ({ desk, rows }: { desk: Desk; rows: readonly Consent[] }) => (
  <Table name="consents" caption={wordsOf(desk).title} columns={columns(desk)} rows={rows} rowKey={({ id }) => id} />
)
