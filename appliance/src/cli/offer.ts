/** `lango offer …`: codes that take something off the price, and hours at which everybody pays less. */
import type { Fault, Result } from '@lango/kernel'
import type { ResultOf } from '@lango/kernel/db'
import type { Discount } from '@lango/modules/offers'
import type { listOffers, purchasesOfOffer } from '@lango/modules/payments'
import { zoneOf } from './zone.ts'
import { numberOf, shown, UsageError, type Args, type CommandSpec } from './command.ts'
import { ago, clean, facts, localTime, table } from './format.ts'
import { windowsOf } from './plan-quota.ts'
import { instantOf } from './sale-times.ts'

type Offer = ResultOf<typeof listOffers>[number]
type Bought = ResultOf<typeof purchasesOfOffer>
type TextOf = (minor: number, currency: string) => string

const amounts = async (): Promise<TextOf> => {
  const { formatMoney, money } = await import('@lango/kernel')
  return (minor, currency) => formatMoney(money(minor, currency))
}

const takesText = ({ discount, currency }: Pick<Offer, 'discount' | 'currency'>, textOf: TextOf): string => {
  switch (discount.kind) {
    case 'percent':
      return `${discount.bp / 100} % off`
    case 'amount':
      return `${textOf(discount.minor, currency)} off`
    default:
      return discount.minor === 0 ? 'free' : `for ${textOf(discount.minor, currency)}`
  }
}

const usesText = ({ uses, usesMax }: Offer): string => (usesMax === null ? String(uses) : `${uses} of ${usesMax}`)
const costText = ({ given }: Offer, textOf: TextOf): string =>
  given.map(({ discountMinor, currency }) => textOf(discountMinor, currency)).join(', ')

const list: CommandSpec = {
  path: ['offer', 'list'],
  operands: [],
  summary: 'offers, how they stand, and what they took off the prices',
  options: {},
  notes: ['open: it holds now. early, closed, over: by its dates and hours. used-up: as often as it may be.'],
  examples: ['lango offer list', 'lango offer list --json'],
  async run({ query, io }) {
    const found = await query<readonly Offer[]>('offers.list', { at: io.now() })
    if (!found.ok) return found
    const textOf = await amounts()
    return shown(found.value, () =>
      table(
        ['>NO', 'NAME', 'CODE', 'TAKES', 'STATE', '>USES', '>COST'],
        found.value.map((one) => [
          one.number,
          clean(one.name),
          one.code ?? '',
          takesText(one, textOf),
          one.state,
          usesText(one),
          costText(one, textOf),
        ]),
        'There are no offers. Make one: lango offer add --help',
      ),
    )
  },
}

const show: CommandSpec = {
  path: ['offer', 'show'],
  operands: ['NUMBER'],
  summary: 'one offer, and what was bought with it',
  options: {},
  examples: ['lango offer show 1'],
  async run({ args, query, io }) {
    const number = numberOf(args, 'offer', 'offer list')
    const found = await query<readonly Offer[]>('offers.list', { at: io.now(), number })
    if (!found.ok) return found
    const [offer] = found.value
    if (!offer) return { ok: false, error: { type: 'OfferUnknown', number } as Fault }
    const bought = await query<Bought>('offers.purchases', { number })
    if (!bought.ok) return bought
    const textOf = await amounts()
    const rows = bought.value.map((one) => [
      one.number,
      clean(one.plan),
      one.phone,
      textOf(one.amountMinor, one.currency),
      textOf(one.discountMinor, one.currency),
      one.state,
      ago(one.requestedAt, io.now()),
    ])
    return shown({ ...offer, purchases: bought.value }, () =>
      [
        facts([
          ['name', clean(offer.name)],
          ['code', offer.code ?? 'none: it applies by itself'],
          ['takes', takesText(offer, textOf)],
          ['of', offer.plans.length === 0 ? 'all plans' : clean(offer.plans.map(({ name }) => name).join(', '))],
          ['state', offer.state],
          ['from', localTime(offer.fromAt)],
          ['until', localTime(offer.untilAt)],
          ['uses', usesText(offer)],
          ['uses of one phone', String(offer.usesPerPhoneMax ?? '–')],
          ['took off', costText(offer, textOf) || '–'],
        ]),
        table(['>NO', 'PLAN', 'PHONE', '>PAID', '>OFF', 'STATE', 'ASKED'], rows, 'Nothing was bought with it.'),
      ].join('\n\n'),
    )
  },
}

/** One of them, as it is typed. */
const discountOf = async (args: Args, currency: string): Promise<Result<Discount, Fault>> => {
  const [percent, off, price] = [args.text('percent'), args.text('off'), args.text('price')]
  if ([percent, off, price].filter((each) => each !== undefined).length !== 1)
    throw new UsageError('Say one: --percent 20, --off 5, or --price 10.')
  const [{ parseMoney }, { parsePercentBp }] = await Promise.all([
    import('@lango/kernel'),
    import('@lango/modules/people'),
  ])
  if (percent !== undefined) {
    const bp = parsePercentBp(percent)
    return bp.ok ? { ok: true, value: { kind: 'percent', bp: bp.value } } : bp
  }
  const amount = parseMoney((off ?? price)!, currency)
  if (!amount.ok) return amount
  return { ok: true, value: { kind: off === undefined ? 'price' : 'amount', minor: amount.value.minor } }
}

const add: CommandSpec = {
  path: ['offer', 'add'],
  operands: ['NAME'],
  summary: 'less to pay: with a code that people type, or for everybody at some hours',
  options: {
    code: { value: 'CODE', help: 'what people type, 3 to 20 letters and digits; without it, it applies by itself' },
    percent: { value: '20', help: 'so many percent off' },
    off: { value: '5.00', help: 'so much off' },
    price: { value: '10.00', help: 'so much in all; 0 is free, and takes --uses' },
    currency: { value: 'KES', help: 'of --off and --price (KES)' },
    plan: { value: 'NAME', help: 'of this plan, or of several (all)', many: true },
    from: { value: '"2026-12-01 08:00"', help: 'from when on' },
    until: { value: '"2026-12-31 23:00"', help: 'up to when' },
    window: { value: 'DAYS FROM-TO', help: 'in these hours only; several with ;' },
    uses: { value: 'N', help: 'purchases that may have it, in all' },
    'uses-per-phone': { value: 'N', help: 'purchases of one phone (any number; of what is free one)' },
  },
  notes: [
    'What is left to pay is rounded down to whole shillings. Of several offers the best for the customer holds, never two at once.',
    'Without --uses one shilling at least is asked for.',
  ],
  examples: [
    'lango offer add "Flyer Nyali" --code KARIBU20 --percent 20 --uses 500 --uses-per-phone 1',
    'lango offer add "Happy hour" --price 10 --plan "One hour" --window "mon-fri 14:00-16:00"',
    'lango offer add "Opening day" --code BURE --price 0 --uses 100 --until "2026-12-01 20:00"',
  ],
  async run(context) {
    const { args, command } = context
    const currency = args.text('currency') ?? 'KES'
    const discount = await discountOf(args, currency)
    if (!discount.ok) return discount
    const windows = await windowsOf(args.text('window'))
    if (!windows.ok) return windows
    if (windows.value?.some((window) => 'downKbps' in window)) throw new UsageError('An offer has hours and no speed.')
    const [from, until] = [args.text('from'), args.text('until')]
    const zone = await zoneOf(context)
    const added = await command<{ number: number; code: string | null }>('offers.add', {
      name: args.operand(0),
      code: args.text('code'),
      discount: discount.value,
      currency,
      plans: args.texts('plan'),
      fromAt: from === undefined ? undefined : instantOf(from, zone),
      untilAt: until === undefined ? undefined : instantOf(until, zone),
      windows: windows.value ?? [],
      timeZone: zone,
      usesMax: args.whole('uses'),
      usesPerPhoneMax: args.whole('uses-per-phone'),
    })
    return added.ok
      ? shown(added.value, () => {
          const { number, code } = added.value
          return code === null ? `Offer ${number} applies by itself.` : `Offer ${number} holds with the code ${code}.`
        })
      : added
  },
}

const setStatus = (verb: 'stop' | 'resume', status: 'stopped' | 'active', summary: string): CommandSpec => ({
  path: ['offer', verb],
  operands: ['NUMBER'],
  summary,
  options: {},
  examples: [`lango offer ${verb} 1`],
  async run({ args, command }) {
    const number = numberOf(args, 'offer', 'offer list')
    const done = await command<{ number: number; status: string }>('offers.setStatus', { number, status })
    return done.ok ? shown(done.value, () => `Offer ${number} is ${status}.`) : done
  },
})

export const offerCommands = [
  list,
  show,
  add,
  setStatus('stop', 'stopped', 'it holds no more; what was bought keeps its price'),
  setStatus('resume', 'active', 'it holds again, as its dates and hours say'),
]
