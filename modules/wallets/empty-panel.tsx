/** Taking all that is in a wallet out of it, at the desk. */
import {
  Button,
  Field,
  fill,
  Form,
  FormReader,
  Panel,
  PanelBody,
  RefusedNote,
  Select,
  valuesFor,
  type Deed,
  type Desk,
} from '@lango/kernel/ui'
import { err, ok } from '@lango/kernel'
import type { ResultOf } from '@lango/kernel/db'
import { walletHref } from './desk-parts.tsx'
import { emptyWallet } from './leave.ts'
import type { showWallet } from './queries.ts'
import { walletLimits } from './rules.ts'
import { wordsOf } from './words.ts'

type Wallet = NonNullable<ResultOf<typeof showWallet>>

const ways = ['cash', 'written-off'] as const

/** What is owed cannot be paid out. */
const waysOf = ({ balanceMinor }: Wallet) => (balanceMinor < 0 ? (['written-off'] as const) : ways)

export const EmptyPanel = ({ desk, wallet }: { desk: Desk; wallet: Wallet }) => {
  const words = wordsOf(desk)
  const form = valuesFor(desk, 'empty')
  if (wallet.balanceMinor === 0 || !desk.may('wallets.write')) return null
  return (
    <Panel title={words.emptyTitle} note={words.emptyNote}>
      <PanelBody>
        <RefusedNote desk={desk} deed="empty" />
        <Form action={desk.here.split('?')[0]!} deed="empty" once={desk.once()}>
          <Select
            label={words.how}
            name="how"
            value={form.value('how', waysOf(wallet)[0])}
            options={waysOf(wallet).map((way) => ({ value: way, label: words[`how.${way}`] }))}
          />
          <Field
            locale={desk.locale}
            label={words.why}
            name="why"
            value={form.value('why')}
            autoComplete="off"
            required
            help={words.whyHelp}
            {...form.error('why')}
          />
          <Button kind="danger">{words.emptyDo}</Button>
        </Form>
      </PanelBody>
    </Panel>
  )
}

export const emptyDeed: Deed = {
  permission: 'wallets.write',
  async run(desk) {
    const words = wordsOf(desk)
    const form = new FormReader(desk.fields)
    form.needed('why', words.whyMissing)
    const { reasonMax } = walletLimits
    const fits = (typed: string) => (typed.length > reasonMax ? err({ type: 'ReasonLong' }) : ok(typed))
    const reason = form.read('why', fits, fill(words.whyLong, { n: reasonMax }))
    if (!form.isGood || reason === undefined) return { problems: form.problems }
    const wallet = Number(desk.param('number'))
    const how = ways.find((way) => way === desk.fields.get('how')) ?? 'cash'
    const done = await desk.tell(emptyWallet, { wallet, how, reason })
    return done.ok ? { go: `${walletHref(wallet)}?said=emptied` } : { fault: done.error }
  },
}
