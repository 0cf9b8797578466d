/** What the desk's pages of wallets have in common. */
import { parseMoney } from '@lango/kernel'
import {
  Button,
  Field,
  Form,
  FormReader,
  formatPrice,
  Panel,
  PanelBody,
  RefusedNote,
  Status,
  valuesFor,
  type Deed,
  type Desk,
  type Done,
  type DoingDesk,
} from '@lango/kernel/ui'
import { readPhone } from '../customers/index.ts'
import { topUpCash } from './commands.ts'
import type { walletStatuses } from './rules.ts'
import { wordsOf } from './words.ts'

export const walletHref = (number: number): string => `/wallets/${number}`

type Balance = { readonly balanceMinor: number; readonly currency: string }
export const balanceText = ({ balanceMinor, currency }: Balance): string => formatPrice(balanceMinor, currency)

export const StatusMark = ({
  desk,
  status,
}: {
  desk: Pick<Desk, 'locale'>
  status: (typeof walletStatuses)[number]
}) => <Status meaning={status === 'active' ? 'good' : 'stopped'}>{wordsOf(desk)[status]}</Status>

/** `phone`: of the wallet whose page it is; else it is typed. */
export const CashForm = ({ desk, phone }: { desk: Desk; phone?: string }) => {
  const words = wordsOf(desk)
  const form = valuesFor(desk, 'cash')
  return (
    <Panel title={words.cash} note={words.cashNote}>
      <PanelBody>
        <RefusedNote desk={desk} deed="cash" />
        <Form action={desk.here} deed="cash" once={desk.once()} inline>
          {phone === undefined ? (
            <Field
              locale={desk.locale}
              label={words.phone}
              name="phone"
              type="tel"
              inputMode="tel"
              autoComplete="off"
              placeholder="0712 345 678"
              value={form.value('phone')}
              required
              {...form.error('phone')}
            />
          ) : (
            <input type="hidden" name="phone" value={phone} />
          )}
          <Field
            locale={desk.locale}
            label={words.amount}
            name="amount"
            inputMode="decimal"
            autoComplete="off"
            unit={desk.currency}
            value={form.value('amount')}
            required
            {...form.error('amount')}
          />
          <Button kind="main">{words.put}</Button>
        </Form>
      </PanelBody>
    </Panel>
  )
}

const cash = async (desk: DoingDesk): Promise<Done> => {
  const words = wordsOf(desk)
  const form = new FormReader(desk.fields)
  form.needed('phone', words.phoneMissing)
  const phone = form.read('phone', (typed) => readPhone(typed, desk.currency), words.phoneUnreadable)
  form.needed('amount', words.amountUnreadable)
  const amount = form.read('amount', (typed) => parseMoney(typed, desk.currency), words.amountUnreadable)
  if (amount !== undefined && amount.minor < 1)
    return { problems: { ...form.problems, amount: words.amountUnreadable } }
  if (!form.isGood || phone === undefined || amount === undefined) return { problems: form.problems }
  const done = await desk.tell(topUpCash, { phone, amountMinor: amount.minor })
  return done.ok ? { go: `${walletHref(done.value.wallet)}?said=cash` } : { fault: done.error }
}

export const cashDeed: Deed = { permission: 'wallets.topUp', run: cash }
