/** `/settings/mpesa/paying-out`: what it takes for money to go back or out, how much of it, and what there is. */
import {
  Button,
  definePage,
  Field,
  fill,
  Form,
  PageHead,
  Panel,
  PanelBody,
  RefusedNote,
  Said,
  Status,
  TextArea,
  valuesFor,
  type Desk,
  type DoingDesk,
  type Done,
} from '@lango/kernel/ui'
import { BalancePanel, balanceDeed } from './balance-panel.tsx'
import { missingNames, MpesaTabs, mpesaWordsOf, PAYING_OUT_HREF as PATH } from './mpesa-parts.tsx'
import { mpesaSettingsSchema, newMpesa, PAYOUT_DAY_MAX, PAYOUT_MAX, type MpesaSettings } from './mpesa-rules.ts'
import { setMpesa, showMpesa } from './mpesa.ts'
import { payoutWords } from './words-payout.ts'

const sums = ['payoutUpTo', 'payoutDayUpTo', 'payoutAloneUpTo'] as const
const mostOf = { payoutUpTo: PAYOUT_MAX, payoutDayUpTo: PAYOUT_DAY_MAX, payoutAloneUpTo: PAYOUT_MAX } as const

const SettingsForm = ({ desk, set }: { desk: Desk; set: MpesaSettings }) => {
  const words = mpesaWordsOf(desk)
  const form = valuesFor(desk, 'save')
  const typed = { locale: desk.locale, autoComplete: 'off' } as const
  return (
    <Form action={PATH} deed="save" once={desk.once()}>
      <Field
        {...typed}
        label={words.initiatorName}
        name="initiatorName"
        value={form.value('initiatorName', set.initiatorName)}
        help={words.initiatorHelp}
      />
      <Field
        {...typed}
        label={words.initiatorPassword}
        name="initiatorPassword"
        type="password"
        help={words.secretHelp}
      />
      <TextArea
        label={words.certificate}
        name="certificate"
        value={form.value('certificate', set.certificate)}
        help={words.certificateHelp}
        {...form.error('certificate')}
      />
      {sums.map((name) => (
        <Field
          key={name}
          {...typed}
          label={words[name]}
          name={name}
          inputMode="numeric"
          value={form.value(name, String(set[name]))}
          help={words[`${name}Help`]}
          {...form.error(name)}
        />
      ))}
      <Button kind="main">{words.save}</Button>
    </Form>
  )
}

const Standing = ({ desk, missing }: { desk: Desk; missing: readonly string[] }) => {
  const words = mpesaWordsOf(desk)
  const isReady = missing.length === 0
  return (
    <p>
      <Status meaning={isReady ? 'good' : 'plain'}>{isReady ? words.paysBack : words.paysNothingBack}</Status>{' '}
      {isReady ? null : fill(words.missing, { names: missingNames(missing, words) })}
    </p>
  )
}

const save = async (desk: DoingDesk): Promise<Done> => {
  const words = mpesaWordsOf(desk)
  const text = (name: string): string => desk.fields.get(name).trim()
  const certificate = text('certificate')
  const problems: Record<string, string> = {}
  if (!mpesaSettingsSchema.shape.certificate.safeParse(certificate).success)
    problems['certificate'] = words.certificateWrong
  const typed = sums.map((name) => [name, Number(text(name))] as const)
  for (const [name, value] of typed)
    if (!mpesaSettingsSchema.shape[name].safeParse(value).success)
      problems[name] = fill(words.trustUpToWrong, { max: mostOf[name] })
  if (Object.keys(problems).length > 0) return { problems }
  const initiatorPassword = desk.fields.get('initiatorPassword')
  const done = await desk.tell(setMpesa, {
    initiatorName: text('initiatorName'),
    certificate,
    ...Object.fromEntries(typed),
    ...(initiatorPassword === '' ? {} : { initiatorPassword }),
  })
  return done.ok ? { go: `${PATH}?said=saved` } : { fault: done.error }
}

export const mpesaPayingOutPage = definePage({
  path: PATH,
  permission: 'settings.write',
  async show(desk) {
    const words = mpesaWordsOf(desk)
    const account = await desk.ask(showMpesa, {})
    return {
      title: words.payingOut,
      content: (
        <>
          <PageHead title={words.payingOut} />
          <MpesaTabs desk={desk} current="paying-out" />
          <Said desk={desk} words={{ saved: words.saved, balance: payoutWords[desk.locale.lang].saidBalance }} />
          <RefusedNote desk={desk} deed="save" />
          <p>{words.payingOutNote}</p>
          <Panel title={words.payingOut}>
            <PanelBody>
              {account ? <Standing desk={desk} missing={account.missingToPayBack} /> : null}
              <SettingsForm desk={desk} set={account?.settings ?? newMpesa} />
            </PanelBody>
          </Panel>
          {desk.may('payments.read') ? await BalancePanel({ desk }) : null}
        </>
      ),
    }
  },
  deeds: { save: { permission: 'settings.write', run: save }, balance: balanceDeed(PATH) },
})
