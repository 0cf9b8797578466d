/** What pages with a long list have in common: how one looks for something, turns pages, and reads when it was. */
import type { ComponentChildren } from 'preact'
import { nothingHere, type Desk, type Shown } from './desk.ts'
import { Button, Field } from './form.tsx'
import { PageHead, withSearch } from './parts.tsx'
import type { Column } from './table.tsx'
import { Ago } from './time.tsx'

type SearchFormProps = {
  readonly desk: Desk
  /** The list's own address. */
  readonly action: string
  readonly q: string
  readonly words: { readonly search: string; readonly placeholder: string; readonly find: string }
  /** More to choose by, between the field and the button. */
  readonly children?: ComponentChildren
}

export const SearchForm = ({ desk, action, q, words, children }: SearchFormProps) => (
  <form class="filters" method="get" action={action} role="search">
    <Field
      locale={desk.locale}
      label={words.search}
      placeholder={words.placeholder}
      name="q"
      type="search"
      value={q}
      bare
    />
    {children}
    <Button>{words.find}</Button>
  </form>
)

type OlderPagerProps = {
  readonly desk: Desk
  readonly words: { readonly newest: string; readonly older: string }
  /** Where the next page begins; none where this was the last. */
  readonly next: string | number | null | undefined
  /** The name in the address that says where a page begins. */
  readonly name?: string
}

/** Links from a page of a log, whose newest row is first, to the first page and to the next one. */
export const OlderPager = ({ desk, words, next, name = 'before' }: OlderPagerProps) => {
  const isTurned = desk.search.has(name)
  const hasMore = next !== null && next !== undefined
  if (!isTurned && !hasMore) return null
  return (
    <p class="pager">
      {isTurned ? <a href={withSearch(desk, { [name]: '', said: '' })}>{words.newest}</a> : null}
      {hasMore ? <a href={withSearch(desk, { [name]: String(next), said: '' })}>{words.older}</a> : null}
    </p>
  )
}

/** Where the page behind these rows begins, where they fill theirs. */
export const nextBefore = (rows: readonly { readonly no: number }[], pageRows: number): number | undefined =>
  rows.length < pageRows ? undefined : rows.at(-1)?.no

/** How long ago, with the time itself on hover. */
export const agoColumn = <Row,>(
  { now, locale }: Pick<Desk, 'now' | 'locale'>,
  at: (row: Row) => number,
  column: Omit<Column<Row>, 'value' | 'render'>,
): Column<Row> => ({
  ...column,
  value: (row) => String(at(row)),
  render: (row) => <Ago at={at(row)} now={now} locale={locale} />,
})

/** A page about something that is not there: what that means, and the way back to what there is. */
export const nothingKnown = (
  title: string,
  body: string,
  back?: { readonly href: string; readonly label: string },
): Shown =>
  nothingHere(
    title,
    <>
      <PageHead title={title} />
      <p>{body}</p>
      {back === undefined ? null : (
        <p>
          <a href={back.href}>{back.label}</a>
        </p>
      )}
    </>,
  )
