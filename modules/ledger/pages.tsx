/** The ledger at the desk: what each account holds, and every entry. */
import { formatMoney, money } from '@lango/kernel'
import {
  Ago,
  definePage,
  EmptyState,
  fill,
  LinkButton,
  Notice,
  PageHead,
  Panel,
  PanelBody,
  Table,
  UserText,
  withSearch,
  type Column,
  type Desk,
  type DeskPage,
} from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import { listStaff } from '../people/index.ts'
import { ledgerBalances, listEntries } from './queries.ts'
import { wordsOf, type LedgerWords } from './words.ts'

const PAGE_ROWS = 50
const ENTRY_ID = /^entry_[0-9a-z]{26}$/

type Balances = ResultOf<typeof ledgerBalances>
type AccountRow = Balances['accounts'][number]
type Entry = ResultOf<typeof listEntries>[number]
type Names = ReadonlyMap<string, string>
type Named = Pick<AccountRow, 'kind' | 'code'>

/** Accounts that are nobody's in particular. */
const plainAccounts = [
  ['asset', 'mobile-money', 'mobileMoney'],
  ['liability', 'unmatched', 'unmatched'],
  ['liability', 'refunds', 'refunds'],
  ['liability', 'payouts', 'payouts'],
  ['expense', 'mobile-money-fees', 'mobileMoneyFees'],
  ['expense', 'compensation', 'compensation'],
  ['expense', 'paid-out', 'paidOut'],
  ['liability', 'purchases', 'purchases'],
  ['income', 'plans', 'plans'],
  ['income', 'vouchers', 'vouchers'],
  ['expense', 'commission', 'commission'],
  ['expense', 'wallet-refunds', 'walletRefunds'],
  ['income', 'wallets-given-up', 'walletsGivenUp'],
  ['expense', 'wallets-unpaid', 'walletsUnpaid'],
] as const satisfies readonly (readonly [AccountRow['kind'], string, keyof LedgerWords])[]

/** `cash:staff_01…` in words; what is not known is shown as it is. */
const accountName = ({ kind, code }: Named, words: LedgerWords, names: Names): string => {
  const [what = '', ...rest] = code.split(':')
  const who = names.get(rest.join(':')) ?? rest.join(':')
  if (kind === 'asset' && what === 'cash') return fill(words.cash, { who })
  if (kind === 'liability' && what === 'wallet') return words.wallet
  if (kind === 'liability' && what === 'commission') return fill(words.commissionOf, { who })
  const plain = plainAccounts.find(([ofKind, ofCode]) => kind === ofKind && code === ofCode)
  return plain === undefined ? code : words[plain[2]]
}

const kindOf = ({ kind }: Entry, words: LedgerWords): string => (kind === 'moved' ? words.movedByHand : words[kind])

const accountColumns = (desk: Desk, names: Names): readonly Column<AccountRow>[] => {
  const words = wordsOf(desk)
  const amount = (id: string, head: string, minor: (row: AccountRow) => number): Column<AccountRow> => ({
    id,
    head,
    width: 'm',
    figures: true,
    value: (row) => formatMoney(money(minor(row), row.currency)),
  })
  const name = (row: AccountRow) => accountName(row, words, names)
  return [
    {
      id: 'account',
      head: words.account,
      width: 'l',
      card: 'title',
      value: name,
      render: (row) => <UserText text={name(row)} />,
    },
    { id: 'kind', head: words.kind, width: 's', value: ({ kind }) => words[kind] },
    { ...amount('debits', words.debits, ({ debitMinor }) => debitMinor), secondary: true },
    { ...amount('credits', words.credits, ({ creditMinor }) => creditMinor), secondary: true },
    amount('balance', words.balance, ({ balanceMinor }) => balanceMinor),
  ]
}

const entryColumns = (desk: Desk, names: Names): readonly Column<Entry>[] => {
  const words = wordsOf(desk)
  // A debit is where it went, a credit where it came from.
  const text = ({ lines }: Entry) =>
    lines.map((line) => {
      const amount = formatMoney(money(Math.abs(line.minor), line.currency))
      return fill(line.minor > 0 ? words.to : words.from, { account: accountName(line, words, names), amount })
    })
  const who = ({ by }: Entry) => names.get(by) ?? (by === 'socket' ? words.console : by)
  return [
    {
      id: 'at',
      head: words.when,
      width: 'm',
      value: ({ at }) => String(at),
      render: ({ at }) => <Ago at={at} now={desk.now} locale={desk.locale} />,
    },
    { id: 'entry', head: words.entry, width: 'm', card: 'title', value: (entry) => kindOf(entry, words) },
    {
      id: 'moved',
      head: words.moved,
      width: 'xl',
      card: 'wide',
      value: (entry) => text(entry).join('; '),
      render: (entry) => <UserText text={text(entry).join('; ')} />,
    },
    { id: 'by', head: words.by, width: 'm', value: who, render: (entry) => <UserText text={who(entry)} /> },
    {
      id: 'cause',
      head: words.cause,
      width: 'l',
      secondary: true,
      digits: true,
      value: ({ cause }) => cause,
      render: ({ cause }) => <UserText text={cause} />,
    },
  ]
}

const Entries = ({
  desk,
  entries,
  names,
  isOlder,
}: {
  desk: Desk
  entries: readonly Entry[]
  names: Names
  isOlder: boolean
}) => {
  const words = wordsOf(desk)
  const last = entries.at(-1)
  return (
    <Panel title={words.entries}>
      <Table
        name="entries"
        caption={words.entries}
        columns={entryColumns(desk, names)}
        rows={entries}
        rowKey={({ id }) => id}
      />
      {isOlder || entries.length === PAGE_ROWS ? (
        <PanelBody>
          {isOlder ? <LinkButton href="/ledger">{words.newest}</LinkButton> : null}
          {last !== undefined && entries.length === PAGE_ROWS ? (
            <LinkButton href={withSearch(desk, { before: last.id })}>{words.older}</LinkButton>
          ) : null}
        </PanelBody>
      ) : null}
    </Panel>
  )
}

const Accounts = ({ desk, balances, names }: { desk: Desk; balances: Balances; names: Names }) => {
  const words = wordsOf(desk)
  return (
    <>
      {balances.broken.map(({ minor, currency }) => (
        <Notice
          key={currency}
          meaning="stopped"
          title={fill(words.broken, { amount: formatMoney(money(minor, currency)) })}
        />
      ))}
      <Panel title={words.accounts}>
        <Table
          name="accounts"
          caption={words.accounts}
          columns={accountColumns(desk, names)}
          rows={balances.accounts}
          rowKey={({ kind, code, currency }) => `${kind} ${code} ${currency}`}
        />
      </Panel>
    </>
  )
}

const ledgerPage = definePage({
  path: '/ledger',
  permission: 'ledger.read',
  async show(desk) {
    const words = wordsOf(desk)
    const before = desk.search.get('before') ?? ''
    const isOlder = ENTRY_ID.test(before)
    const balances = await desk.ask(ledgerBalances, {})
    const entries = await desk.ask(listEntries, { limit: PAGE_ROWS, ...(isOlder ? { before } : {}) })
    const people = desk.may('people.read') ? await desk.ask(listStaff, {}) : []
    const names = new Map(people.map(({ id, login }) => [id, login]))
    return {
      title: words.title,
      content: (
        <>
          <PageHead title={words.title} />
          <p class="muted">{words.what}</p>
          {balances.accounts.length === 0 ? (
            <section class="panel">
              <EmptyState title={words.empty}>
                <p>{words.emptyBody}</p>
              </EmptyState>
            </section>
          ) : (
            <>
              <Accounts desk={desk} balances={balances} names={names} />
              <Entries desk={desk} entries={entries} names={names} isOlder={isOlder} />
            </>
          )}
        </>
      ),
    }
  },
})

export const ledgerPages: readonly DeskPage[] = [ledgerPage]
