/** `/wallets/:number`: what is in one wallet, how it came and went, and what may be done about it. */
import { formatMoney, money } from '@lango/kernel'
import {
  beforeAsked,
  CopyButton,
  DeedButton,
  definePage,
  EmptyState,
  Facts,
  fill,
  formatExact,
  formatPhone,
  formatPrice,
  LinkButton,
  nothingKnown,
  Notice,
  OlderPager,
  PageHead,
  Panel,
  PanelBody,
  RefusedNote,
  Said,
  Table,
  UserText,
  type Column,
  type Deed,
  type Desk,
  type DoingDesk,
  type Done,
  type Shown,
} from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import type { AnyCommand } from '@lango/kernel/verbs'
import { spellCode } from '../access/index.ts'
import { customersOfPhone } from '../customers/index.ts'
import { listStaff } from '../people/index.ts'
import { blockWallet, renewWalletCode, revealWallet } from './commands.ts'
import { emptyDeed, EmptyPanel } from './empty-panel.tsx'
import { balanceText, CashForm, cashDeed, StatusMark, walletHref } from './desk-parts.tsx'
import { showWallet } from './queries.ts'
import { WALLET_CODE, type MoveKind } from './rules.ts'
import { wordsOf, type WalletWords } from './words.ts'

type Wallet = NonNullable<ResultOf<typeof showWallet>>
type Move = Wallet['moves'][number]
type Names = ReadonlyMap<string, string>

const MOVES_PAGE = 50

const moveWords = {
  mpesa: 'mpesa',
  cash: 'cashIn',
  received: 'received',
  sent: 'sent',
  bundle: 'bundle',
  renewal: 'renewal',
  refund: 'refund',
  'cash-out': 'cashOut',
  payout: 'payout',
  'payout-back': 'payoutBack',
  'written-off': 'writtenOff',
} as const satisfies Record<MoveKind, keyof WalletWords>

const moveText = ({ kind, about }: Move, words: WalletWords): string => fill(words[moveWords[kind]], { n: about ?? '' })

const moveHref = ({ kind, about }: Move): string | undefined => {
  if (about === null) return undefined
  if (kind === 'payout' || kind === 'payout-back') return `/payouts/${about}`
  return kind === 'received' || kind === 'sent' ? walletHref(about) : `/payments/purchases/${about}`
}

const byText = ({ by }: Move, words: WalletWords, names: Names): string =>
  names.get(by) ?? (by === 'web' || by === 'socket' ? words.console : words.box)

const columns = (desk: Desk, { currency }: Wallet, names: Names): readonly Column<Move>[] => {
  const words = wordsOf(desk)
  return [
    { id: 'no', head: words.movement, width: 's', digits: true, value: ({ number }) => String(number) },
    { id: 'when', head: words.when, width: 'xl', digits: true, value: ({ at }) => formatExact(at, desk.locale) },
    {
      id: 'what',
      head: words.kind,
      width: 'xl',
      card: 'title',
      value: (move) => moveText(move, words),
      render(move) {
        const href = moveHref(move)
        return href === undefined ? moveText(move, words) : <a href={href}>{moveText(move, words)}</a>
      },
    },
    {
      id: 'amount',
      head: words.amount,
      width: 'm',
      figures: true,
      value: ({ minor }) => formatPrice(minor, currency),
    },
    {
      id: 'by',
      head: words.by,
      width: 'm',
      value: (move) => byText(move, words, names),
      render: (move) => <UserText text={byText(move, words, names)} />,
    },
  ]
}

const Statement = async (desk: Desk, wallet: Wallet) => {
  const words = wordsOf(desk)
  const staff = desk.may('people.read') ? await desk.ask(listStaff, {}) : []
  const names = new Map(staff.map(({ id, name }) => [id, name]))
  const { moves } = wallet
  return (
    <>
      <Panel title={words.statement}>
        {moves.length === 0 ? (
          <EmptyState title={words.nothingMoved}>
            <p>{words.nothingMovedBody}</p>
          </EmptyState>
        ) : (
          <Table
            name="moves"
            caption={words.statement}
            columns={columns(desk, wallet, names)}
            rows={moves}
            rowKey={({ number }) => String(number)}
          />
        )}
      </Panel>
      <OlderPager
        desk={desk}
        words={{ older: words.olderMoves, newest: words.newestMoves }}
        next={moves.length < MOVES_PAGE ? undefined : moves.at(-1)?.number}
      />
    </>
  )
}

/** Customers with its phone: by the phone as it stands with them they are found. */
const holdersOf = async (desk: Desk, { phone, status }: Wallet) =>
  status === 'erased' || !desk.may('subscribers.read') ? [] : desk.ask(customersOfPhone, { phone })

const WalletFacts = async (desk: Desk, wallet: Wallet) => {
  const words = wordsOf(desk)
  const { phone, reference, createdAt, status } = wallet
  const holders = await holdersOf(desk, wallet)
  return (
    <Panel title={words.facts}>
      <PanelBody>
        <Facts
          facts={[
            [words.balance, balanceText(wallet)],
            [words.phone, status === 'erased' ? words.nobody : formatPhone(phone)],
            ...holders.map(
              (holder) =>
                [
                  words.customer,
                  <a key={holder.id} href={`/subscribers?${new URLSearchParams({ q: holder.phone ?? '' }).toString()}`}>
                    <UserText text={holder.name} />
                  </a>,
                ] as const,
            ),
            [words.reference, reference],
            [words.since, formatExact(createdAt, desk.locale)],
          ]}
        />
        <p class="muted">{status === 'erased' ? words.erasedNote : words.referenceHelp}</p>
      </PanelBody>
    </Panel>
  )
}

const Owes = ({ desk, wallet: { balanceMinor, currency } }: { desk: Desk; wallet: Wallet }) =>
  balanceMinor >= 0 ? null : (
    <Notice
      meaning="attention"
      title={fill(wordsOf(desk).owes, { amount: formatMoney(money(-balanceMinor, currency)) })}
    />
  )

const CodePanel = ({ desk, code }: { desk: Desk; code: string | undefined }) => {
  const words = wordsOf(desk)
  const [mayReveal, mayRenew] = [desk.may('wallets.reveal'), desk.may('wallets.write')]
  if (!mayReveal && !mayRenew) return null
  return (
    <Panel title={words.code}>
      <PanelBody>
        <p>{words.codeNote}</p>
        {code === undefined ? null : (
          <p class="pager">
            <code class="told" id="code">
              {spellCode(code, WALLET_CODE.prefix)}
            </code>
            <CopyButton of="code" locale={desk.locale} />
          </p>
        )}
        {mayReveal && code === undefined ? (
          <DeedButton desk={desk} deed="reveal">
            {words.codeShow}
          </DeedButton>
        ) : null}
        {mayRenew ? (
          <>
            <p class="muted">{words.codeNewNote}</p>
            <DeedButton desk={desk} deed="renew">
              {words.codeNew}
            </DeedButton>
          </>
        ) : null}
      </PanelBody>
    </Panel>
  )
}

const BlockPanel = ({ desk, wallet: { status } }: { desk: Desk; wallet: Wallet }) => {
  const words = wordsOf(desk)
  if (!desk.may('wallets.write')) return null
  const label = status === 'active' ? words.block : words.unblock
  return (
    <Panel title={label}>
      <PanelBody>
        <p class="muted">{words.blockNote}</p>
        <DeedButton desk={desk} deed="block" fields={{ blocked: status === 'active' ? 'yes' : 'no' }}>
          {label}
        </DeedButton>
      </PanelBody>
    </Panel>
  )
}

const shown = async (desk: Desk, wallet: Wallet, code?: string): Promise<Shown> => {
  const words = wordsOf(desk)
  const title = fill(words.walletTitle, { n: wallet.number })
  const isHeld = wallet.status !== 'erased'
  return {
    title,
    content: (
      <>
        <PageHead title={title} beside={<StatusMark desk={desk} status={wallet.status} />}>
          <LinkButton href={`${walletHref(wallet.number)}/standing-orders`}>{words.standingOrders}</LinkButton>
        </PageHead>
        <Said
          desk={desk}
          words={{
            cash: words.saidCash,
            blocked: words.saidBlocked,
            unblocked: words.saidUnblocked,
            emptied: words.saidEmptied,
          }}
        />
        <RefusedNote desk={desk} />
        <Owes desk={desk} wallet={wallet} />
        {await WalletFacts(desk, wallet)}
        {isHeld && desk.may('wallets.topUp') ? <CashForm desk={desk} phone={wallet.phone} /> : null}
        {isHeld ? <CodePanel desk={desk} code={code} /> : null}
        {await Statement(desk, wallet)}
        <EmptyPanel desk={desk} wallet={wallet} />
        {isHeld ? <BlockPanel desk={desk} wallet={wallet} /> : null}
      </>
    ),
  }
}

const numberIn = (desk: Desk): number => Number(desk.param('number'))

const walletOf = async (desk: Desk): Promise<Wallet | undefined> => {
  const number = numberIn(desk)
  if (!Number.isSafeInteger(number)) return undefined
  return desk.ask(showWallet, { number, ...beforeAsked(desk), limit: MOVES_PAGE })
}

const none = (desk: Desk): Shown => {
  const words = wordsOf(desk)
  return nothingKnown(words.noWallet, words.noWalletBody, { href: '/wallets', label: words.all })
}

const telling = (permission: string, command: typeof revealWallet | typeof renewWalletCode): Deed => ({
  permission,
  async run(desk) {
    const wallet = await walletOf(desk)
    if (!wallet) return { show: none(desk) }
    const told = await desk.tell<AnyCommand>(command, { wallet: wallet.number })
    const { code } = (told.ok ? told.value : {}) as { readonly code?: string }
    return told.ok ? { show: await shown(desk, wallet, code) } : { fault: told.error }
  },
})

const block = async (desk: DoingDesk): Promise<Done> => {
  const blocked = desk.fields.get('blocked') === 'yes'
  const done = await desk.tell(blockWallet, { wallet: numberIn(desk), blocked })
  if (!done.ok) return { fault: done.error }
  return { go: `${walletHref(numberIn(desk))}?said=${blocked ? 'blocked' : 'unblocked'}` }
}

export const walletPage = definePage({
  path: '/wallets/:number{[0-9]+}',
  permission: 'wallets.read',
  async show(desk) {
    const wallet = await walletOf(desk)
    return wallet ? shown(desk, wallet) : none(desk)
  },
  deeds: {
    cash: cashDeed,
    reveal: telling('wallets.reveal', revealWallet),
    renew: telling('wallets.write', renewWalletCode),
    block: { permission: 'wallets.write', run: block },
    empty: emptyDeed,
  },
})
