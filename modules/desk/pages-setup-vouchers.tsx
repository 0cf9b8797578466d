import {
  Button,
  definePage,
  fill,
  Form,
  LinkButton,
  Panel,
  PanelBody,
  Select,
  valuesFor,
  visible,
  type Desk,
} from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import { listPlans } from '../plans/index.ts'
import { stepHref } from '../setup/index.ts'
import { listBatches, makeVouchers, openBatch, type PortalEntry } from '../vouchers/index.ts'
import { stepPage } from './setup-parts.tsx'
import { setupWordsOf } from './words-setup.ts'

/** One sheet, and one short transaction. */
const COUNT = 10

type Batch = ResultOf<typeof listBatches>[number]

const There = async ({ desk, batch }: { desk: Desk; batch: Batch }) => {
  const words = setupWordsOf(desk)
  const { number, wanted } = batch
  const told = desk.may('vouchers.sell') ? await desk.box<PortalEntry>('portal.entry', {}) : undefined
  const url = told?.ok === true ? (told.value.voucherUrl ?? '') : ''
  // The form of the batch's own page, filled in.
  const asked = { do: 'print', layout: 'a4', from: '1', to: '', brand: desk.siteName, url }
  return (
    <Panel title={fill(words.vouchersThere, { batch: number, n: wanted, plan: visible(batch.plan) })}>
      <PanelBody>
        <form class="form" method="post" action={`/vouchers/${number}?tab=print`}>
          {Object.entries(asked).map(([name, value]) => (
            <input key={name} type="hidden" name={name} value={value} />
          ))}
          <Button kind="main">{words.print}</Button>
        </form>
        <p class="muted">{words.printNote}</p>
        <p class="button-row">
          <LinkButton href="/vouchers/new">{words.moreVouchers}</LinkButton>
        </p>
      </PanelBody>
    </Panel>
  )
}

const MakeForm = ({ desk, plans }: { desk: Desk; plans: readonly { readonly name: string }[] }) => {
  const words = setupWordsOf(desk)
  const form = valuesFor(desk, 'make')
  return (
    <Panel title={words.vouchers}>
      <PanelBody>
        <p>{words.vouchersBody}</p>
        {plans.length === 0 ? (
          <p>
            {words.noPlanYet} <a href={stepHref.plan}>{words.plan}</a>
          </p>
        ) : (
          <Form action={desk.here} deed="make" once={desk.once()}>
            <Select
              label={words.whichPlan}
              name="plan"
              value={form.value('plan')}
              options={plans.map(({ name }) => ({ value: name, label: name }))}
            />
            <Button kind="main">{words.makeVouchers}</Button>
          </Form>
        )}
      </PanelBody>
    </Panel>
  )
}

export const setupVouchersPage = definePage({
  path: stepHref.vouchers,
  permission: 'vouchers.write',
  async show(desk) {
    const [batch] = await desk.ask(listBatches, { limit: 1 })
    const plans = await desk.ask(listPlans, {})
    // Those for a fixed time ask for more than is asked here.
    const sold = plans
      .filter(({ kind, status, policy }) => kind === 'hotspot' && status === 'active' && policy.clock !== 'fixed')
      .toSorted((a, b) => a.priceMinor - b.priceMinor)
    return stepPage({
      desk,
      step: 'vouchers',
      isDone: batch !== undefined,
      children: batch === undefined ? <MakeForm desk={desk} plans={sold} /> : await There({ desk, batch }),
    })
  },
  deeds: {
    make: {
      permission: 'vouchers.write',
      async run(desk) {
        // The power may have gone between opening it and its vouchers.
        const [before] = await desk.ask(listBatches, { limit: 1 })
        const opened =
          before === undefined ? await desk.tell(openBatch, { plan: desk.fields.get('plan'), count: COUNT }) : undefined
        if (opened?.ok === false) return { fault: opened.error }
        const batch = before?.number ?? opened!.value.batch
        const made = await desk.tell(makeVouchers, { batch })
        if (!made.ok && made.error.type !== 'ToldOnce') return { fault: made.error }
        return { go: stepHref.vouchers }
      },
    },
  },
})
