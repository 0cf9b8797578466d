/** Paying money that waits out to the phone that it came from, where M-Pesa reverses it no more. */
import {
  Button,
  Field,
  fill,
  Form,
  FormReader,
  formatPhone,
  Panel,
  PanelBody,
  RefusedNote,
  Select,
  valuesFor,
  visible,
  type Deed,
  type Desk,
} from '@lango/kernel/ui'
import { amountText, type SaidPayment } from './desk-parts.tsx'
import { requestPayout } from './payout-commands.ts'
import { reasonIn } from './payout-form.tsx'
import { payoutHref, wordsOfPayouts } from './payout-parts.tsx'

export const PayoutOffer = ({ desk, payment }: { desk: Desk; payment: SaidPayment }) => {
  const words = wordsOfPayouts(desk)
  const form = valuesFor(desk, 'payOut')
  const phones = payment.phone === null ? payment.phones : [payment.phone]
  if (payment.state !== 'unmatched' || !desk.may('payouts.request') || phones.length === 0) return null
  const said = { receipt: visible(payment.receipt), amount: amountText(payment) }
  return (
    <Panel title={words.offer}>
      <PanelBody>
        <RefusedNote desk={desk} deed="payOut" />
        <p>{fill(words.offerWhat, said)}</p>
        <Form action={desk.here.split('?')[0]!} deed="payOut" once={desk.once()}>
          <Select
            label={words.offerPhone}
            name="payee"
            value={form.value('payee', phones[0])}
            options={phones.map((phone) => ({ value: phone, label: formatPhone(phone) }))}
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
          <Button>{words.send}</Button>
        </Form>
      </PanelBody>
    </Panel>
  )
}

export const payOutDeed: Deed = {
  permission: 'payouts.request',
  async run(desk) {
    const form = new FormReader(desk.fields)
    const reason = reasonIn(form, desk)
    if (!form.isGood) return { problems: form.problems }
    const [receipt, phone] = [desk.param('receipt'), desk.fields.get('payee')]
    const done = await desk.tell(requestPayout, { for: { as: 'payment', receipt, phone }, reason })
    return done.ok ? { go: `${payoutHref(done.value.number)}?said=${done.value.state}` } : { fault: done.error }
  },
}
