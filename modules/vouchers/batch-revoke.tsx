import {
  Button,
  counted,
  EmptyState,
  Facts,
  Field,
  fill,
  Form,
  formatNumber,
  Panel,
  PanelBody,
  RefusedNote,
  Select,
  valuesFor,
  type Desk,
  type Done,
  type DoingDesk,
} from '@lango/kernel/ui'
import { wordsOf } from './desk-parts.tsx'
import { revokeRest } from './one.ts'
import type { DeskBatch, VoucherCounts } from './overview.ts'

type RevokeTabProps = { desk: Desk; batch: DeskBatch; counts: VoucherCounts }

/** What it will do to how many stands here before anything is done. */
export const RevokeTab = ({ desk, batch, counts }: RevokeTabProps) => {
  const words = wordsOf(desk)
  const form = valuesFor(desk, 'revoke')
  const unsold = counts.made + counts.given
  const all = unsold + counts.sold
  const number = (n: number) => formatNumber(n, desk.locale)
  if (all === 0)
    return (
      <Panel title={words.revoke}>
        <EmptyState title={words.nothingToRevoke}>
          <p>{words.nothingToRevokeBody}</p>
        </EmptyState>
      </Panel>
    )
  return (
    <Panel title={words.revoke}>
      <PanelBody>
        <RefusedNote desk={desk} deed="revoke" />
        <p>{words.revokeNote}</p>
        <Facts
          facts={[
            [words.revokeStock, number(unsold)],
            [words.revokeSold, number(counts.sold)],
            [words.revokeUsed, number(counts.used)],
          ]}
        />
        <Form action={desk.here} deed="revoke" once={desk.once()}>
          <Select
            label={words.revokeWhich}
            name="which"
            value={form.value('which', 'unsold')}
            options={[
              { value: 'unsold', label: counted(words.revokeUnsold, unsold, desk.locale) },
              { value: 'all', label: counted(words.revokeAll, all, desk.locale) },
            ]}
          />
          <Field
            locale={desk.locale}
            name="confirm"
            label={fill(words.revokeConfirm, { n: batch.number })}
            value={form.value('confirm')}
            inputMode="numeric"
            autoComplete="off"
            required
            {...form.error('confirm')}
          />
          <Button kind="danger">{words.revokeThem}</Button>
        </Form>
      </PanelBody>
    </Panel>
  )
}

export const revoke = async (desk: DoingDesk, batch: DeskBatch): Promise<Done> => {
  if (desk.fields.get('confirm').trim() !== String(batch.number))
    return { problems: { confirm: wordsOf(desk).revokeWrong } }
  const done = await desk.tell(revokeRest, { batch: batch.number, keepSold: desk.fields.get('which') !== 'all' })
  return done.ok ? { go: `/vouchers/${batch.number}?said=revoked` } : { fault: done.error }
}
