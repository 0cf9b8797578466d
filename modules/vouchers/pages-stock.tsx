/** What an agent sees of their own: vouchers to sell, and what they have sold. Made for a phone. */
import {
  Button,
  CopyButton,
  counted,
  DeedButton,
  definePage,
  EmptyState,
  Facts,
  fill,
  Form,
  formatExact,
  formatNumber,
  formatPrice,
  formatTimeOfDay,
  LinkButton,
  PageHead,
  Panel,
  PanelBody,
  QrCode,
  RefusedNote,
  Said,
  StatStrip,
  Table,
  Tabs,
  UserText,
  type Column,
  type Deed,
  type Desk,
  type DoingDesk,
  type Shown,
} from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import { encode } from 'uqr'
import { spellCode } from '../access/index.ts'
import { percentText, showOwn } from '../people/index.ts'
import { agentWordsOf, amountsText, askedDays, DaysForm } from './agent-parts.tsx'
import { ownCommission, ownSales, ownStock } from './agents.ts'
import { placeText, stateMark, wordsOf } from './desk-parts.tsx'
import { entryOf, scannedText } from './entry.ts'
import { todayOf } from './period.ts'
import { voucherState } from './rules.ts'
import { sellVoucher, showSoldVoucher } from './selling.ts'

type Sale = ResultOf<typeof ownSales>[number]
type Held = ResultOf<typeof ownStock>[number]
type Earned = ResultOf<typeof ownCommission>

const SellTabs = ({ desk, current }: { desk: Desk; current: 'stock' | 'sales' }) => {
  const words = agentWordsOf(desk)
  return (
    <Tabs
      label={words.myStock}
      tabs={[
        { href: '/stock', label: words.inStock, current: current === 'stock' },
        { href: '/stock/sales', label: words.mySales, current: current === 'sales' },
      ]}
    />
  )
}

const SellRow = ({ desk, held }: { desk: Desk; held: Held }) => {
  const words = agentWordsOf(desk)
  const price = formatPrice(held.priceMinor, held.currency)
  return (
    <li class="line-row sell-row">
      <span>
        <b>
          <UserText text={held.plan} />
        </b>
        <span class="muted">{counted(words.left, held.stock, desk.locale)}</span>
      </span>
      <Form action="/stock" deed="sell" once={desk.once()} inline>
        <input type="hidden" name="plan" value={held.planId} />
        <Button kind="main">{held.priceMinor === 0 ? words.sellFree : fill(words.sell, { price })}</Button>
      </Form>
    </li>
  )
}

const Stock = ({ desk, stock, login }: { desk: Desk; stock: readonly Held[]; login: string }) => {
  const words = agentWordsOf(desk)
  return (
    <Panel title={words.inStock}>
      {stock.length === 0 ? (
        <EmptyState title={words.noStock}>
          <p>{fill(words.noStockBody, { login })}</p>
        </EmptyState>
      ) : (
        <>
          <ul class="lines">
            {stock.map((held) => (
              <SellRow key={held.planId} desk={desk} held={held} />
            ))}
          </ul>
          <PanelBody>
            <p class="muted">{words.sellNote}</p>
          </PanelBody>
        </>
      )}
    </Panel>
  )
}

const Sums = ({ desk, earned: { sums, commissionBp } }: { desk: Desk; earned: Earned }) => {
  const words = agentWordsOf(desk)
  const count = (of: 'sold' | 'reversed') =>
    formatNumber(
      sums.reduce((sum, each) => sum + each[of], 0),
      desk.locale,
    )
  const rate = commissionBp === null ? words.rateNone : fill(words.rateText, { percent: percentText(commissionBp) })
  return (
    <StatStrip
      label={words.mySales}
      stats={[
        { id: 'sold', label: words.sold, value: count('sold') },
        { id: 'sales', label: words.salesValue, value: amountsText(sums, ({ salesMinor }) => salesMinor) },
        { id: 'reversed', label: words.reversed, value: count('reversed') },
        { id: 'net', label: words.commission, value: amountsText(sums, ({ netMinor }) => netMinor) },
        { id: 'rate', label: words.rate, value: rate },
      ]}
    />
  )
}

/** Sold on this page, and still good for a first login. */
const canShow = (sale: Sale, now: number): boolean => sale.codeTold && voucherState(sale, sale, now) === 'sold'

const saleColumns = (desk: Desk, timeOf: (sale: Sale) => string): readonly Column<Sale>[] => {
  const [words, listWords] = [agentWordsOf(desk), wordsOf(desk)]
  return [
    { id: 'at', head: words.time, width: 'xl', card: 'title', digits: true, value: timeOf },
    {
      id: 'plan',
      head: words.plan,
      width: 'l',
      value: ({ plan }) => plan,
      render: ({ plan }) => <UserText text={plan} />,
    },
    {
      id: 'place',
      head: words.place,
      width: 's',
      digits: true,
      value: ({ batch, serial }) => placeText(batch, serial),
    },
    {
      id: 'state',
      head: words.state,
      width: 'm',
      card: 'side',
      value: ({ state }) => state,
      render: (sale) => stateMark(voucherState(sale, sale, desk.now), listWords),
    },
    {
      id: 'price',
      head: words.price,
      width: 'm',
      figures: true,
      value: ({ priceMinor, currency }) => formatPrice(priceMinor, currency),
    },
    {
      id: 'commission',
      head: words.commission,
      width: 'm',
      figures: true,
      value: ({ commissionMinor, currency }) => formatPrice(commissionMinor, currency),
    },
    {
      id: 'show',
      head: '',
      width: 'l',
      card: 'wide',
      value: () => '',
      render: (sale) =>
        canShow(sale, desk.now) ? (
          <DeedButton desk={{ ...desk, here: '/stock' }} deed="showCode" fields={{ id: sale.id }}>
            {words.showCode}
          </DeedButton>
        ) : (
          ''
        ),
    },
  ]
}

type SalesProps = { desk: Desk; title: string; sales: readonly Sale[]; timeOf: (sale: Sale) => string }

const Sales = ({ desk, title, sales, timeOf }: SalesProps) => {
  const words = agentWordsOf(desk)
  return (
    <Panel title={title}>
      {sales.length === 0 ? (
        <EmptyState title={words.nothingSold}>
          <p>{words.nothingSoldBody}</p>
        </EmptyState>
      ) : (
        <Table name="sales" caption={title} columns={saleColumns(desk, timeOf)} rows={sales} rowKey={({ id }) => id} />
      )}
    </Panel>
  )
}

/** The box's console has nothing to sell. */
const noPerson = (desk: Desk): Shown => {
  const words = agentWordsOf(desk)
  return {
    title: words.myStock,
    content: (
      <>
        <PageHead title={words.myStock} />
        <EmptyState title={words.noPerson}>
          <p>{words.noPersonBody}</p>
        </EmptyState>
      </>
    ),
  }
}

type Told = {
  readonly code: string
  readonly prefix: string
  readonly plan: string
  readonly batch: number
  readonly serial: number
  readonly priceMinor: number
  readonly currency: string
}

/** Told with the sale; the page is never kept by a browser. */
const codeShown = async (desk: Desk, sale: Told): Promise<Shown> => {
  const words = agentWordsOf(desk)
  const { voucherUrl } = await entryOf(desk)
  return {
    title: words.soldTitle,
    content: (
      <>
        <PageHead title={words.soldTitle} />
        <Panel title={words.showCustomer}>
          <PanelBody>
            <p>
              <code id="code" class="told">
                {spellCode(sale.code, sale.prefix)}
              </code>
            </p>
            <QrCode cells={encode(scannedText(voucherUrl, sale.code), { ecc: 'M' }).data} title={words.codeImage} />
            <p class="muted">{voucherUrl === undefined ? words.showCustomerNote : words.scanNote}</p>
            <Facts
              facts={[
                [words.plan, <UserText key="plan" text={sale.plan} />],
                [words.price, formatPrice(sale.priceMinor, sale.currency)],
                [words.place, placeText(sale.batch, sale.serial)],
              ]}
            />
            <div class="button-row">
              <LinkButton kind="main" href="/stock">
                {words.sellNext}
              </LinkButton>
              <CopyButton of="code" locale={desk.locale} />
            </div>
          </PanelBody>
        </Panel>
      </>
    ),
  }
}

/** The same press sent twice has sold one: its code stands behind the first line of the list. */
const tellOf =
  (tell: (desk: DoingDesk) => ReturnType<typeof desk.tell<typeof sellVoucher | typeof showSoldVoucher>>): Deed['run'] =>
  async (desk) => {
    const told = await tell(desk)
    if (told.ok) return { show: await codeShown(desk, told.value) }
    return told.error.type === 'ToldOnce' ? { go: '/stock?said=before' } : { fault: told.error }
  }

export const stockPage = definePage({
  path: '/stock',
  permission: 'vouchers.sell',
  async show(desk) {
    const { staffId } = desk
    if (staffId === undefined) return noPerson(desk)
    const words = agentWordsOf(desk)
    const today = todayOf({ now: desk.now, timeZone: desk.locale.timeZone })
    const asked = { staffId, fromAt: today.fromAt, toAt: today.toAt }
    const [own, stock] = [await desk.ask(showOwn, { staffId }), await desk.ask(ownStock, { staffId, now: desk.now })]
    const [sales, earned] = [await desk.ask(ownSales, asked), await desk.ask(ownCommission, asked)]
    return {
      title: words.myStock,
      content: (
        <>
          <PageHead title={words.myStock} />
          <SellTabs desk={desk} current="stock" />
          <Said desk={desk} words={{ before: words.soldBefore }} />
          <RefusedNote desk={desk} />
          <Stock desk={desk} stock={stock} login={own?.login ?? ''} />
          <Sums desk={desk} earned={earned} />
          <Sales
            desk={desk}
            title={words.soldToday}
            sales={sales}
            timeOf={({ at }) => formatTimeOfDay(at, desk.locale)}
          />
        </>
      ),
    }
  },
  deeds: {
    sell: {
      permission: 'vouchers.sell',
      run: tellOf((desk) => desk.tell(sellVoucher, { plan: desk.fields.get('plan') })),
    },
    showCode: {
      permission: 'vouchers.sell',
      run: tellOf((desk) => desk.tell(showSoldVoucher, { id: desk.fields.get('id') })),
    },
  },
})

/** One's own part of the report. */
export const ownSalesPage = definePage({
  path: '/stock/sales',
  permission: 'vouchers.sell',
  async show(desk) {
    const { staffId } = desk
    if (staffId === undefined) return noPerson(desk)
    const words = agentWordsOf(desk)
    const days = askedDays(desk)
    const asked = { staffId, fromAt: days.period.fromAt, toAt: days.period.toAt }
    const [sales, earned] = [await desk.ask(ownSales, asked), await desk.ask(ownCommission, asked)]
    return {
      title: words.mySales,
      content: (
        <>
          <PageHead title={words.mySales} />
          <SellTabs desk={desk} current="sales" />
          <DaysForm desk={desk} asked={days} />
          <Sums desk={desk} earned={earned} />
          <Sales desk={desk} title={words.sold} sales={sales} timeOf={({ at }) => formatExact(at, desk.locale)} />
        </>
      ),
    }
  },
})
