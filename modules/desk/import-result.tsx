/** How far an import is: what would change and what is wrong, and afterwards what was done. */
import {
  DeedButton,
  fill,
  formatNumber,
  Notice,
  Panel,
  PanelBody,
  StatStrip,
  Table,
  UserText,
  type Column,
  type Desk,
} from '@lango/kernel/ui'
import type { Transfer } from './transfers.ts'
import { wordsOf } from './words-import.ts'

type Sheet = Transfer['sheets'][number]
type Change = Sheet['changes'][number]
type Faulty = NonNullable<Transfer['fault']>['lines'][number]
type Lost = Transfer['lost'][number]

const cellText = (cell: string, none: string): string => (cell === '' ? none : cell)

const changeColumns = (desk: Desk): readonly Column<Change>[] => {
  const words = wordsOf(desk)
  return [
    { id: 'line', head: words.line, width: 's', figures: true, value: ({ line }) => String(line) },
    {
      id: 'name',
      head: words.name,
      width: 'l',
      card: 'title',
      value: ({ name }) => name,
      render: ({ name }) => <UserText text={name} />,
    },
    {
      id: 'cells',
      head: words.fromTo,
      width: 'xl',
      card: 'wide',
      value: ({ cells }) => JSON.stringify(cells),
      render: ({ cells }) => (
        <UserText
          text={cells
            .map(({ column, from, to }) => `${column}: ${cellText(from, words.none)} → ${cellText(to, words.none)}`)
            .join(', ')}
        />
      ),
    },
  ]
}

const faultyColumns = (desk: Desk): readonly Column<Faulty>[] => {
  const words = wordsOf(desk)
  return [
    { id: 'line', head: words.line, width: 's', figures: true, card: 'title', value: ({ line }) => String(line) },
    {
      id: 'why',
      head: words.why,
      width: 'xl',
      card: 'wide',
      value: ({ sentence }) => sentence,
      render: ({ sentence }) => <UserText text={sentence} />,
    },
  ]
}

const lostColumns = (desk: Desk): readonly Column<Lost>[] => {
  const words = wordsOf(desk)
  return [
    {
      id: 'what',
      head: words.notCarried,
      width: 'xl',
      card: 'title',
      value: ({ what }) => what,
      render: ({ what }) => <UserText text={what} />,
    },
    { id: 'lines', head: words.times, width: 's', figures: true, value: ({ lines }) => String(lines) },
    {
      id: 'first',
      head: words.first,
      width: 'l',
      value: ({ file, line }) => `${file}:${line}`,
      render: ({ file, line }) => <UserText text={`${file}:${line}`} />,
    },
  ]
}

const SheetResult = ({ desk, sheet, isDone }: { desk: Desk; sheet: Sheet; isDone: boolean }) => {
  const words = wordsOf(desk)
  const number = (n: number) => formatNumber(n, desk.locale)
  const rest = sheet.changed - sheet.changes.length
  return (
    <>
      <StatStrip
        label={words[sheet.noun]}
        stats={[
          { id: `${sheet.noun}-rows`, label: words[sheet.noun], value: number(sheet.rows) },
          { id: `${sheet.noun}-new`, label: isDone ? words.added : words.new, value: number(sheet.new) },
          { id: `${sheet.noun}-changed`, label: words.changed, value: number(sheet.changed) },
          { id: `${sheet.noun}-same`, label: words.unchanged, value: number(sheet.unchanged) },
        ]}
      />
      {sheet.changes.length === 0 ? null : (
        <Table
          name={`${sheet.noun}-changes`}
          caption={words.changed}
          columns={changeColumns(desk)}
          rows={sheet.changes}
          rowKey={({ line }) => String(line)}
        />
      )}
      {rest > 0 ? <p class="muted">{fill(words.andMore, { n: number(rest) })}</p> : null}
    </>
  )
}

const Faulty = ({ desk, fault }: { desk: Desk; fault: NonNullable<Transfer['fault']> }) => {
  const words = wordsOf(desk)
  const rest = fault.faulty - fault.lines.length
  return (
    <>
      <Notice meaning="stopped" title={fault.sentence} />
      {fault.lines.length === 0 ? null : (
        <Table
          name="faulty"
          caption={words.why}
          columns={faultyColumns(desk)}
          rows={fault.lines}
          rowKey={({ line }) => String(line)}
        />
      )}
      {rest > 0 ? <p class="muted">{fill(words.andMore, { n: formatNumber(rest, desk.locale) })}</p> : null}
    </>
  )
}

const stateSentence = (desk: Desk, { state, rows, written, fault }: Transfer): string => {
  const words = wordsOf(desk)
  const number = (n: number) => formatNumber(n, desk.locale)
  if (state === 'receiving') return words.receiving
  if (state === 'checking') return fill(words.checking, { n: number(rows) })
  if (state === 'loading') return fill(words.loading, { n: number(rows), written: number(written) })
  if (state === 'failed') return words.failed
  if (fault !== null) return words.nothingLoaded
  return state === 'loaded' ? words.loaded : words.inOrder
}

const Actions = ({
  desk,
  transfer: { state, fault, sheets },
  path,
}: {
  desk: Desk
  transfer: Transfer
  path: string
}) => {
  const words = wordsOf(desk)
  const mayLoad = state === 'checked' && fault === null && sheets.some((sheet) => sheet.new + sheet.changed > 0)
  const here = { ...desk, here: path }
  if (state === 'loading') return null
  return (
    <div class="button-row">
      {mayLoad ? (
        <DeedButton desk={here} deed="load" kind="main">
          {words.load}
        </DeedButton>
      ) : null}
      <DeedButton desk={here} deed="drop">
        {state === 'loaded' || fault !== null || state === 'failed' ? words.close : words.drop}
      </DeedButton>
    </div>
  )
}

type PanelProps = { desk: Desk; transfer: Transfer; name: string; path: string }

export const TransferPanel = ({ desk, transfer, name, path }: PanelProps) => {
  const words = wordsOf(desk)
  const { state, sheets, fault, lost } = transfer
  return (
    <Panel title={fill(words.importOf, { list: name })}>
      <PanelBody>
        <p role="status">{stateSentence(desk, transfer)}</p>
        {fault === null ? null : <Faulty desk={desk} fault={fault} />}
        {sheets.map((sheet) => (
          <SheetResult key={sheet.noun} desk={desk} sheet={sheet} isDone={state === 'loaded'} />
        ))}
        {lost.length === 0 ? null : (
          <Table
            name="lost"
            caption={words.notCarried}
            columns={lostColumns(desk)}
            rows={lost}
            rowKey={({ what }) => what}
          />
        )}
        <Actions desk={desk} transfer={transfer} path={path} />
      </PanelBody>
    </Panel>
  )
}
