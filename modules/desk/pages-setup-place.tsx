import {
  Button,
  definePage,
  Field,
  fill,
  Form,
  langs,
  Panel,
  PanelBody,
  Select,
  valuesFor,
  type Desk,
} from '@lango/kernel/ui'
import { changeSettings, showSettings, type Settings } from '../settings/index.ts'
import { packOf, packs, stepHref, type Pack } from '../setup/index.ts'
import { stepPage } from './setup-parts.tsx'
import { timeZoneOptions } from './time-zones.ts'
import { setupWordsOf } from './words-setup.ts'

/** Links and no list: what follows from a country is shown before it is saved, without a script. */
const Countries = ({ desk, chosen }: { desk: Desk; chosen: Pack | undefined }) => {
  const words = setupWordsOf(desk)
  return (
    <Panel title={words.whichCountry}>
      <PanelBody>
        <p>{words.whichCountryBody}</p>
        <p class="button-row">
          {packs.map((pack) => (
            <a
              key={pack.country}
              class={`button button-${pack === chosen ? 'main' : 'plain'}`}
              href={`${stepHref.place}?country=${pack.country}`}
              aria-current={pack === chosen ? 'true' : undefined}
            >
              {pack.name[desk.locale.lang]}
            </a>
          ))}
        </p>
      </PanelBody>
    </Panel>
  )
}

const Customs = ({ desk, pack }: { desk: Desk; pack: Pack }) => {
  const words = setupWordsOf(desk)
  const { tax } = pack
  const later = pack.gateways.filter(({ page }) => page === undefined).map(({ name }) => name)
  return (
    <>
      {tax === undefined ? null : <p>{fill(words.tax, { tax: tax.name, percent: tax.percent })}</p>}
      {pack.gateways.map(({ name, page }) =>
        page === undefined ? null : (
          <p key={name}>
            <a href={page}>{fill(words.gatewayReady, { name })}</a>
          </p>
        ),
      )}
      {later.length === 0 ? null : <p>{fill(words.gatewaysLater, { names: later.join(', ') })}</p>}
    </>
  )
}

const PlaceForm = ({ desk, pack, now }: { desk: Desk; pack: Pack; now: Settings }) => {
  const words = setupWordsOf(desk)
  const { locale } = desk
  const form = valuesFor(desk, 'save')
  // What was saved for this country stays; of another one all follows from the choice.
  const before = now.country === pack.country ? now : { ...pack, siteName: now.siteName }
  return (
    <Panel title={pack.name[locale.lang]}>
      <PanelBody>
        <Customs desk={desk} pack={pack} />
        <Form action={desk.here} deed="save" once={desk.once()}>
          <input type="hidden" name="country" value={pack.country} />
          <Field
            locale={locale}
            label={words.siteName}
            name="siteName"
            value={form.value('siteName', before.siteName)}
            help={words.siteNameHelp}
            {...form.error('siteName')}
          />
          <Field
            locale={locale}
            label={words.currency}
            name="currency"
            value={form.value('currency', before.currency)}
            required
            help={words.currencyHelp}
            {...form.error('currency')}
          />
          <Select
            label={words.timeZone}
            name="timeZone"
            value={form.value('timeZone', before.timeZone)}
            options={timeZoneOptions(words.timeZoneOfMachine)}
            help={fill(words.timeZoneHelp, { zone: locale.timeZone })}
            {...form.error('timeZone')}
          />
          <Select
            label={words.language}
            name="language"
            value={form.value('language', before.language)}
            options={[
              { value: '', label: words.languageOfBrowser },
              ...langs.map((lang) => ({ value: lang, label: words[lang] })),
            ]}
          />
          <Button kind="main">{words.save}</Button>
        </Form>
      </PanelBody>
    </Panel>
  )
}

const FIELDS = ['country', 'siteName', 'currency', 'timeZone', 'language'] as const

export const setupPlacePage = definePage({
  path: stepHref.place,
  permission: 'settings.write',
  async show(desk) {
    const now = await desk.ask(showSettings, {})
    const country = desk.search.get('country') ?? now.country
    const pack = country === '' ? undefined : packOf(country)
    return stepPage({
      desk,
      step: 'place',
      isDone: now.country !== '',
      children: (
        <>
          <Countries desk={desk} chosen={pack} />
          {pack === undefined ? null : <PlaceForm {...{ desk, pack, now }} />}
        </>
      ),
    })
  },
  deeds: {
    save: {
      permission: 'settings.write',
      async run(desk) {
        const set = Object.fromEntries(FIELDS.map((name) => [name, desk.fields.get(name)]))
        const done = await desk.tell(changeSettings, set)
        if (!done.ok) return { fault: done.error }
        const { timeZone } = done.value
        const restarts = timeZone !== '' && timeZone !== desk.locale.timeZone
        return { go: `${stepHref.router}${restarts ? '?said=restarts' : ''}` }
      },
    },
  },
})
