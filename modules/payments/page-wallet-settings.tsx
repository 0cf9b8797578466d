/** `/settings/mpesa/wallets`: what is put into wallets with one press, and who may pay later. */
import {
  Button,
  definePage,
  Field,
  fill,
  Form,
  FormReader,
  formatPrice,
  PageHead,
  Panel,
  PanelBody,
  RefusedNote,
  Said,
  Status,
  valuesFor,
  type Desk,
  type DoingDesk,
  type Done,
} from '@lango/kernel/ui'
import { err, ok } from '@lango/kernel'
import {
  changeSettings,
  PAY_LATER_AFTER_MAX,
  settingsSchema,
  showSettings,
  WALLET_AMOUNT_MAX,
  type Settings,
} from '../settings/index.ts'
import { walletTotals } from '../wallets/index.ts'
import { MpesaTabs, WALLET_SETTINGS_HREF as PATH } from './mpesa-parts.tsx'
import { walletSettingsWords } from './words-wallet-settings.ts'

const wordsOf = (desk: Pick<Desk, 'locale'>) => walletSettingsWords[desk.locale.lang]

const SettingsForm = ({ desk, set }: { desk: Desk; set: Settings }) => {
  const words = wordsOf(desk)
  const form = valuesFor(desk, 'save')
  const line = (name: 'amounts' | 'payLaterUpTo' | 'payLaterAfter', now: string) => ({
    locale: desk.locale,
    autoComplete: 'off',
    name,
    label: words[name],
    value: form.value(name, now),
    help: words[`${name}Help`],
    ...form.error(name),
  })
  return (
    <Form action={PATH} deed="save" once={desk.once()}>
      <Field {...line('amounts', set.walletAmounts)} unit={desk.currency} />
      <Field {...line('payLaterUpTo', String(set.payLaterUpTo))} inputMode="numeric" unit={desk.currency} required />
      <Field {...line('payLaterAfter', String(set.payLaterAfter))} inputMode="numeric" required />
      <Button kind="main">{words.save}</Button>
    </Form>
  )
}

/** Also where nobody pays later any more: what is owed stays owed. */
const Standing = async (desk: Desk, { payLaterUpTo }: Settings) => {
  const words = wordsOf(desk)
  const { sums } = desk.may('wallets.read') ? await desk.ask(walletTotals, {}) : { sums: [] }
  const owing = sums.filter(({ owingMinor }) => owingMinor > 0)
  return (
    <p>
      <Status meaning={payLaterUpTo === 0 ? 'plain' : 'good'}>{payLaterUpTo === 0 ? words.isOff : words.isOn}</Status>{' '}
      {owing.map(({ currency, owingMinor }) => (
        <span key={currency}>
          {fill(words.owing, { amount: formatPrice(owingMinor, currency) })} <a href="/wallets">{words.toWallets}</a>
        </span>
      ))}
    </p>
  )
}

const readAmounts = (typed: string) => {
  const amounts = settingsSchema.shape.walletAmounts.safeParse(typed)
  return amounts.success ? ok(amounts.data) : err({ type: 'AmountsUnreadable' })
}

const save = async (desk: DoingDesk): Promise<Done> => {
  const words = wordsOf(desk)
  const form = new FormReader(desk.fields)
  const whole = (name: 'payLaterUpTo' | 'payLaterAfter', max: number): number | undefined => {
    const sentence = fill(words[`${name}Wrong`], { max })
    form.needed(name, sentence)
    return form.whole(name, [0, max], sentence)
  }
  const walletAmounts = form.read('amounts', readAmounts, words.amountsWrong) ?? ''
  const payLaterUpTo = whole('payLaterUpTo', WALLET_AMOUNT_MAX)
  const payLaterAfter = whole('payLaterAfter', PAY_LATER_AFTER_MAX)
  if (!form.isGood) return { problems: form.problems }
  const done = await desk.tell(changeSettings, { walletAmounts, payLaterUpTo, payLaterAfter })
  return done.ok ? { go: `${PATH}?said=saved` } : { fault: done.error }
}

export const walletSettingsPage = definePage({
  path: PATH,
  permission: 'settings.write',
  async show(desk) {
    const words = wordsOf(desk)
    const set = await desk.ask(showSettings, {})
    return {
      title: words.title,
      content: (
        <>
          <PageHead title={words.title} />
          <MpesaTabs desk={desk} current="wallets" />
          <Said desk={desk} words={{ saved: words.saved }} />
          <RefusedNote desk={desk} deed="save" />
          <p>{words.note}</p>
          <Panel title={words.title}>
            <PanelBody>
              {await Standing(desk, set)}
              <SettingsForm desk={desk} set={set} />
            </PanelBody>
          </Panel>
        </>
      ),
    }
  },
  deeds: { save: { permission: 'settings.write', run: save } },
})
