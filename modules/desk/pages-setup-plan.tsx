import { parseMoney, parseSpeed } from '@lango/kernel'
import {
  Button,
  Check,
  definePage,
  Field,
  fill,
  Form,
  formatPrice,
  FormReader,
  LinkButton,
  Panel,
  PanelBody,
  UserText,
  currencySign,
  valuesFor,
  type Desk,
  type Done,
  type DoingDesk,
} from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import { addPlan, listPlans } from '../plans/index.ts'
import { showSettings } from '../settings/index.ts'
import { packOf, stepHref, type Bundle } from '../setup/index.ts'
import { Fragment } from 'preact'
import { stepPage } from './setup-parts.tsx'
import { setupWordsOf } from './words-setup.ts'

const SPEED = '5M/2M'

type Plan = ResultOf<typeof listPlans>[number]

const bundlesOf = async (desk: Desk): Promise<readonly Bundle[]> => {
  const pack = packOf((await desk.ask(showSettings, {})).country)
  // In another currency than the country's own its prices say nothing.
  return pack.currency === desk.currency ? pack.bundles : pack.bundles.map((bundle) => ({ ...bundle, price: '' }))
}

const BundleForm = ({ desk, bundles }: { desk: Desk; bundles: readonly Bundle[] }) => {
  const words = setupWordsOf(desk)
  const { locale, refused } = desk
  const form = valuesFor(desk, 'make')
  return (
    <Panel title={words.plan}>
      <PanelBody>
        <p>{words.planBody}</p>
        <Form action={desk.here} deed="make" once={desk.once()}>
          {bundles.map(({ id, name, price }) => (
            <Fragment key={id}>
              <Check label={name[locale.lang]} name={id} checked={refused === undefined || refused.fields.has(id)} />
              <Field
                locale={locale}
                label={fill(words.price, { name: name[locale.lang] })}
                name={`${id}Price`}
                value={form.value(`${id}Price`, price)}
                unit={currencySign(desk.currency)}
                inputMode="decimal"
                bare
                {...form.error(`${id}Price`)}
              />
            </Fragment>
          ))}
          <Field
            locale={locale}
            label={words.speed}
            name="speed"
            value={form.value('speed', SPEED)}
            required
            help={words.speedHelp}
            {...form.error('speed')}
          />
          <Button kind="main">{words.makePlans}</Button>
        </Form>
      </PanelBody>
    </Panel>
  )
}

const There = ({ desk, plans }: { desk: Desk; plans: readonly Plan[] }) => {
  const words = setupWordsOf(desk)
  return (
    <Panel title={words.plansThere}>
      <ul class="lines">
        {plans
          .toSorted((a, b) => a.priceMinor - b.priceMinor)
          .map(({ id, name, priceMinor, currency }) => (
            <li key={id}>
              <a href={`/plans/${encodeURIComponent(id)}`}>
                <UserText text={name} />
              </a>
              <span class="figures">{priceMinor === 0 ? words.free : formatPrice(priceMinor, currency)}</span>
            </li>
          ))}
      </ul>
      <PanelBody>
        <p class="button-row">
          <LinkButton href="/plans/new">{words.morePlans}</LinkButton>
        </p>
      </PanelBody>
    </Panel>
  )
}

/** All that is chosen is read before any of it is made; what is there already by its name stays as it is. */
const make = async (desk: DoingDesk): Promise<Done> => {
  const words = setupWordsOf(desk)
  const { currency } = desk
  const form = new FormReader(desk.fields)
  const chosen = (await bundlesOf(desk)).filter(({ id }) => form.checked(id))
  if (chosen.length === 0) return { problems: { hourPrice: words.noneChosen } }
  const speed = form.read('speed', parseSpeed, words.speedWrong)
  if (speed === undefined) form.refuse('speed', words.speedWrong)
  const priced = chosen.map(({ id, name, validitySec, price }) => {
    const sentence = fill(words.priceWrong, { example: price || '50' })
    const priceMinor = form.read(`${id}Price`, (text) => parseMoney(text, currency), sentence)?.minor ?? -1
    if (priceMinor < 0) form.refuse(`${id}Price`, sentence)
    return { name: name[desk.locale.lang], validitySec, priceMinor }
  })
  if (!form.isGood) return { problems: form.problems }
  for (const plan of priced) {
    const policy = { ...speed, deviceLimit: 1 }
    const added = await desk.tell(addPlan, { ...plan, kind: 'hotspot', policy, currency })
    if (!added.ok && added.error.type !== 'PlanNameTaken') return { fault: added.error }
  }
  return { go: stepHref.vouchers }
}

export const setupPlanPage = definePage({
  path: stepHref.plan,
  permission: 'plans.write',
  async show(desk) {
    const plans = await desk.ask(listPlans, {})
    return stepPage({
      desk,
      step: 'plan',
      isDone: plans.length > 0,
      children:
        plans.length > 0 && desk.refused === undefined ? (
          <There desk={desk} plans={plans} />
        ) : (
          <BundleForm desk={desk} bundles={await bundlesOf(desk)} />
        ),
    })
  },
  deeds: { make: { permission: 'plans.write', run: make } },
})
