import { speedText } from '@lango/kernel'
import {
  Button,
  DeedButton,
  Field,
  fill,
  Form,
  Panel,
  PanelBody,
  RefusedNote,
  Select,
  valuesFor,
  type Desk,
} from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import type { ComponentChildren } from 'preact'
import { untilText, wordsOf } from './desk-parts.tsx'
import type { oneVoucher } from './one.ts'
import { isUnused, voucherState } from './rules.ts'

export type Voucher = NonNullable<ResultOf<typeof oneVoucher>>
type FormProps = { desk: Desk; voucher: Voucher }

const DeedPanel = ({
  desk,
  deed,
  title,
  children,
}: {
  desk: Desk
  deed: string
  title: string
  children: ComponentChildren
}) => (
  <Panel title={title}>
    <PanelBody>
      <RefusedNote desk={desk} deed={deed} />
      {children}
    </PanelBody>
  </Panel>
)

type LineProps = {
  desk: Desk
  deed: string
  name: string
  label: string
  help?: string
  otherwise?: string
  required?: boolean
}

const Line = ({ desk, deed, name, otherwise = '', ...rest }: LineProps) => {
  const form = valuesFor(desk, deed)
  return <Field locale={desk.locale} name={name} value={form.value(name, otherwise)} {...rest} {...form.error(name)} />
}

const ExtendForm = ({ desk, voucher }: FormProps) => {
  const words = wordsOf(desk)
  return (
    <DeedPanel desk={desk} deed="extend" title={words.extend}>
      {voucher.expiresAt === null ? (
        <p class="muted">{fill(words.extendEndless, { until: untilText(voucher, words, desk.locale) })}</p>
      ) : (
        <Form action={desk.here} deed="extend" once={desk.once()}>
          <p class="muted">
            {words.goodUntil}: {untilText(voucher, words, desk.locale)}
          </p>
          <Line desk={desk} deed="extend" name="by" label={words.extendBy} help={words.extendHelp} required />
          <Button kind="main">{words.extend}</Button>
        </Form>
      )}
    </DeedPanel>
  )
}

const SpeedForm = ({ desk, voucher }: FormProps) => {
  const words = wordsOf(desk)
  const { policy, planPolicy } = voucher
  const isOwn = policy.downKbps !== planPolicy.downKbps || policy.upKbps !== planPolicy.upKbps
  const now = policy.downKbps === 0 && policy.upKbps === 0 ? '' : speedText(policy)
  return (
    <DeedPanel desk={desk} deed="speed" title={words.speedTitle}>
      <Form action={desk.here} deed="speed" once={desk.once()}>
        <Line
          desk={desk}
          deed="speed"
          name="speed"
          label={words.speed}
          help={words.speedHelp}
          otherwise={now}
          required
        />
        <Button kind="main">{words.setSpeed}</Button>
      </Form>
      {isOwn ? (
        <DeedButton desk={desk} deed="planSpeed">
          {words.planSpeed}
        </DeedButton>
      ) : null}
    </DeedPanel>
  )
}

const TopUpForm = ({ desk, voucher }: FormProps) => {
  const words = wordsOf(desk)
  const hasData = voucher.quotaOctets !== null || voucher.policy.fairUse !== undefined
  const hasTime = voucher.quotaSec !== null
  if (!hasData && !hasTime) return null
  return (
    <DeedPanel desk={desk} deed="topUp" title={words.topUp}>
      <Form action={desk.here} deed="topUp" once={desk.once()}>
        {hasData ? <Line desk={desk} deed="topUp" name="data" label={words.addData} help={words.addDataHelp} /> : null}
        {hasTime ? <Line desk={desk} deed="topUp" name="time" label={words.addTime} help={words.addTimeHelp} /> : null}
        <Button kind="main">{words.add}</Button>
      </Form>
    </DeedPanel>
  )
}

const HandForm = ({ desk, voucher }: FormProps) => {
  const words = wordsOf(desk)
  const form = valuesFor(desk, 'hand')
  return (
    <DeedPanel desk={desk} deed="hand" title={words.hand}>
      <Form action={desk.here} deed="hand" once={desk.once()}>
        <Select
          label={words.handWhat}
          name="state"
          value={form.value('state', 'sold')}
          options={[
            { value: 'given', label: words.toGive },
            { value: 'sold', label: words.toSell },
          ]}
        />
        <Line
          desk={desk}
          deed="hand"
          name="holder"
          label={words.handHolder}
          help={words.handHolderHelp}
          otherwise={voucher.holder ?? ''}
          required
        />
        <Button kind="main">{words.handDo}</Button>
      </Form>
    </DeedPanel>
  )
}

const RevealForm = ({ desk }: Pick<FormProps, 'desk'>) => {
  const words = wordsOf(desk)
  return (
    <DeedPanel desk={desk} deed="reveal" title={words.showCode}>
      <p class="muted">{words.showCodeNote}</p>
      <DeedButton desk={desk} deed="reveal">
        {words.showCode}
      </DeedButton>
    </DeedPanel>
  )
}

const RevokeForm = ({ desk, voucher }: FormProps) => {
  const words = wordsOf(desk)
  return (
    <DeedPanel desk={desk} deed="revoke" title={words.revoke}>
      <Form action={desk.here} deed="revoke" once={desk.once()}>
        <p>{words.revokeOneNote}</p>
        <Line
          desk={desk}
          deed="revoke"
          name="confirm"
          label={fill(words.revokeOneConfirm, { tail: voucher.tail })}
          required
        />
        <Button kind="danger">{words.revokeIt}</Button>
      </Form>
    </DeedPanel>
  )
}

/** What may be done with it, by whoever looks, in the state that it is in. */
export const ChangeForms = ({ desk, voucher }: FormProps) => {
  const state = voucherState(voucher, voucher, desk.now)
  const mayWrite = desk.may('vouchers.write')
  if (state === 'revoked') return <p class="muted">{wordsOf(desk).revokedNote}</p>
  if (state === 'away') return <p class="muted">{wordsOf(desk).awayNote}</p>
  return (
    <div class="panels">
      {desk.may('vouchers.sell') && (state === 'made' || state === 'given') ? (
        <HandForm desk={desk} voucher={voucher} />
      ) : null}
      {mayWrite ? <ExtendForm desk={desk} voucher={voucher} /> : null}
      {mayWrite ? <SpeedForm desk={desk} voucher={voucher} /> : null}
      {desk.may('subscribers.write') ? <TopUpForm desk={desk} voucher={voucher} /> : null}
      {desk.may('vouchers.reveal') && isUnused(state) ? <RevealForm desk={desk} /> : null}
      {mayWrite ? <RevokeForm desk={desk} voucher={voucher} /> : null}
    </div>
  )
}
