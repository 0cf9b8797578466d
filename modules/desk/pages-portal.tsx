/** `/settings/portal`: what people see before they are online, beside a preview of it. */
import {
  Button,
  definePage,
  Field,
  FieldGroup,
  fill,
  Fold,
  Form,
  LinkButton,
  Panel,
  PanelBody,
  RefusedNote,
  Said,
  Sentence,
  Tabs,
  TextArea,
  valuesFor,
  visible,
  withSearch,
  type Desk,
  type DoingDesk,
  type Done,
} from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import { listRouters } from '../network/index.ts'
import {
  BUNDLES_MAX,
  EVERYWHERE,
  PICTURE_OCTETS_MAX,
  pictureTooLarge,
  removePicture,
  setPicture,
  setPortal,
  showPortal,
  type PictureKind,
  type PortalSettings,
} from '../portal/index.ts'
import { readPortalForm, textOf, type FormPlace, type LineName } from './portal-form.ts'
import { Pictures } from './portal-pictures.tsx'
import { SettingsHead } from './settings-tabs.tsx'
import { wordsOf, type PortalWords } from './words-portal.ts'

const PATH = '/settings/portal'
/** A photograph of a phone: too large to be taken, and told so in words. */
const UPLOAD_BYTES_MAX = 6 * 1024 * 1024
const SAVE = 'save'

const placeOf = (desk: Desk): FormPlace => ({ timeZone: desk.locale.timeZone, currency: desk.currency })

/** Which of them the page is about; the whole box where the address says nothing. */
const locationOf = ({ search }: Pick<Desk, 'search'>): string => search.get('location') ?? EVERYWHERE
const hrefOf = (location: string): string =>
  location === EVERYWHERE ? PATH : `${PATH}?location=${encodeURIComponent(location)}`

type Set = { readonly desk: Desk; readonly settings: PortalSettings }
type LineProps = Set & {
  readonly name: LineName
  readonly label: string
  readonly help?: string
  readonly rows?: number
  readonly inputMode?: 'numeric' | 'tel'
  readonly type?: 'datetime-local'
}

const Line = ({ desk, settings, name, label, help, rows, ...rest }: LineProps) => {
  const form = valuesFor(desk, SAVE)
  const common = {
    label,
    name,
    value: form.value(name, textOf(settings, name, placeOf(desk))),
    ...(help === undefined ? {} : { help }),
    ...form.error(name),
  }
  // Nobody has to be told of each that it may be left empty.
  return rows === undefined ? (
    <Field locale={desk.locale} bare autoComplete="off" {...common} {...rest} />
  ) : (
    <TextArea rows={rows} {...common} />
  )
}

type Bilingual = 'welcome' | 'announcement' | 'terms'

const BothLines = ({ name, label, ...rest }: Omit<LineProps, 'name'> & { readonly name: Bilingual }) => {
  const words = wordsOf(rest.desk)
  return (
    <div class="form-columns">
      <Line {...rest} name={`${name}.en`} label={fill(words.inEnglish, { label })} />
      <Line {...rest} name={`${name}.sw`} label={fill(words.inSwahili, { label })} />
    </div>
  )
}

const Texts = (set: Set) => {
  const { desk, settings } = set
  const words = wordsOf(desk)
  const { announcementUntil: until } = settings
  const isOver = until !== null && until <= desk.now
  return (
    <FieldGroup title={words.said}>
      <BothLines {...set} name="welcome" label={words.welcome} help={words.welcomeHelp} />
      <BothLines {...set} name="announcement" label={words.announcement} help={words.announcementHelp} rows={3} />
      <Line
        {...set}
        name="announcementUntil"
        type="datetime-local"
        label={words.announcementUntil}
        help={isOver ? words.untilOver : fill(words.untilHelp, { zone: desk.locale.timeZone })}
      />
    </FieldGroup>
  )
}

const Looks = (set: Set) => {
  const words = wordsOf(set.desk)
  return (
    <FieldGroup title={words.look}>
      <div class="form-columns">
        <Line {...set} name="background" label={words.background} help={words.backgroundHelp} />
        <Line {...set} name="colour" label={words.colour} help={words.colourHelp} />
      </div>
      <Line
        {...set}
        name="bundlesMax"
        inputMode="numeric"
        label={words.bundlesMax}
        help={fill(words.bundlesMaxHelp, { max: BUNDLES_MAX })}
      />
    </FieldGroup>
  )
}

const Support = (set: Set) => {
  const words = wordsOf(set.desk)
  return (
    <FieldGroup title={words.support}>
      <div class="form-columns">
        {(['support.phone', 'support.whatsapp'] as const).map((name) => (
          <Line key={name} {...set} name={name} inputMode="tel" label={words[name]} help={words.supportHelp} />
        ))}
      </div>
    </FieldGroup>
  )
}

const Hotspot = (set: Set) => {
  const words = wordsOf(set.desk)
  return (
    <FieldGroup title={words.network}>
      <div class="form-columns">
        <Line {...set} name="wifiName" label={words.wifiName} help={words.wifiNameHelp} />
        <Line {...set} name="address" label={words.pageAddress} help={words.pageAddressHelp} />
        <Line {...set} name="venueInfoUrl" label={words.venueInfoUrl} help={words.venueInfoUrlHelp} />
      </div>
      <Line {...set} name="loginHosts" label={words.loginHosts} help={words.loginHostsHelp} rows={2} />
    </FieldGroup>
  )
}

/** Draws what is typed in the frame beside the form: a button of the form itself, so that it needs no script. */
const PreviewButtons = ({ words }: { words: PortalWords }) => (
  <>
    {(['en', 'sw'] as const).map((lang) => (
      <button
        key={lang}
        class="button"
        type="submit"
        formmethod="post"
        formaction="/portal-preview"
        formtarget="preview"
        formnovalidate
        name="lang"
        value={lang}
        data-preview=""
      >
        {lang === 'en' ? words.previewEn : words.previewSw}
      </button>
    ))}
  </>
)

const SettingsForm = ({ location, ...set }: Set & { readonly location: string }) => {
  const { desk } = set
  const words = wordsOf(desk)
  const mayWrite = desk.may('settings.write')
  const { settings } = set
  const isWrong =
    desk.refused?.deed === SAVE && Object.keys(desk.refused.problems).some((name) => name.startsWith('terms.'))
  return (
    <Panel title={words.title} note={words.lead}>
      <PanelBody>
        <Form action={hrefOf(location)} deed={SAVE} once={desk.once()}>
          <input type="hidden" name="location" value={location} />
          <fieldset class="bare-fields" disabled={!mayWrite}>
            <Texts {...set} />
            <Looks {...set} />
            <Support {...set} />
            <Hotspot {...set} />
            <Fold
              title={words.terms}
              note={words.termsNote}
              open={isWrong || settings.terms.en + settings.terms.sw !== ''}
            >
              <BothLines {...set} name="terms" label={words.terms} help={words.termsHelp} rows={8} />
            </Fold>
          </fieldset>
          <div class="button-row">
            {mayWrite ? <Button kind="main">{words.save}</Button> : null}
            <PreviewButtons words={words} />
          </div>
        </Form>
      </PanelBody>
    </Panel>
  )
}

const Preview = ({ desk, location }: { desk: Desk; location: string }) => {
  const words = wordsOf(desk)
  const query = new URLSearchParams({ lang: desk.locale.lang, location })
  return (
    <aside class="preview-box" aria-label={words.preview}>
      <p>
        <b>{words.preview}</b> <span class="muted">{words.previewNote}</span>
      </p>
      {/* No script, no form and no other window of it does anything here: it is to be looked at. */}
      <iframe
        class="preview"
        name="preview"
        title={words.preview}
        src={`/portal-preview?${query}`}
        sandbox="allow-same-origin"
      />
    </aside>
  )
}

type Router = ResultOf<typeof listRouters>[number]

/** Places that can differ; a box of one router has one place. */
const placesOf = async (desk: Desk): Promise<readonly Router[]> => {
  if (!desk.may('routers.read')) return []
  const routers = (await desk.ask(listRouters, {})).filter(({ status }) => status === 'active')
  return routers.length > 1 ? routers : []
}

const Places = ({ desk, places, location }: { desk: Desk; places: readonly Router[]; location: string }) => {
  const words = wordsOf(desk)
  if (places.length === 0 && location === EVERYWHERE) return null
  const all = [{ id: EVERYWHERE, name: words.everywhere }, ...places]
  const here = places.find(({ id }) => id === location)
  return (
    <>
      <Tabs
        label={words.where}
        tabs={all.map(({ id, name }) => ({ href: hrefOf(id), label: name, current: id === location }))}
      />
      {here === undefined ? null : (
        <p class="muted">
          <Sentence text={fill(words.ownNote, { router: visible(here.name) })} />
        </p>
      )}
    </>
  )
}

const PosterNote = ({ desk, location }: { desk: Desk; location: string }) => {
  const words = wordsOf(desk)
  return (
    <Panel title={words.poster}>
      <PanelBody>
        <p>{words.posterHelp}</p>
        <div>
          <LinkButton
            href={withSearch(desk, { location: location === EVERYWHERE ? '' : location, said: '' }, `${PATH}/poster`)}
          >
            {words.toPoster}
          </LinkButton>
        </div>
      </PanelBody>
    </Panel>
  )
}

const save = async (desk: DoingDesk): Promise<Done> => {
  const words = wordsOf(desk)
  const { change, problems } = readPortalForm(desk.fields, placeOf(desk))
  if (Object.keys(problems).length > 0)
    return { problems: Object.fromEntries(Object.entries(problems).map(([name, word]) => [name, words[word]])) }
  return doneWith(desk, await desk.tell(setPortal, { ...change, location: placeSent(desk) }), 'saved')
}

const placeSent = ({ fields }: DoingDesk): string => fields.get('location') || EVERYWHERE

const doneWith = (desk: DoingDesk, done: Awaited<ReturnType<DoingDesk['tell']>>, said: string): Done => {
  const place = hrefOf(placeSent(desk))
  return done.ok ? { go: `${place}${place.includes('?') ? '&' : '?'}said=${said}` } : { fault: done.error }
}

const kindSent = ({ fields }: DoingDesk): PictureKind => (fields.get('kind') === 'background' ? 'background' : 'logo')

const use = async (desk: DoingDesk): Promise<Done> => {
  const [kind, octets] = [kindSent(desk), desk.fields.file('picture')]
  if (octets === undefined) return { problems: { picture: wordsOf(desk).chooseFirst } }
  const most = PICTURE_OCTETS_MAX[kind]
  // What cannot be taken whatever it is need not go any further.
  if (octets.length > 10 * most) return { fault: pictureTooLarge(kind, octets.length, most) }
  const data = Buffer.from(octets).toString('base64')
  return doneWith(desk, await desk.tell(setPicture, { location: placeSent(desk), kind, data }), 'picture')
}

const remove = async (desk: DoingDesk): Promise<Done> =>
  doneWith(desk, await desk.tell(removePicture, { location: placeSent(desk), kind: kindSent(desk) }), 'gone')

export const portalPage = definePage({
  path: PATH,
  permission: 'settings.read',
  formBytesMax: UPLOAD_BYTES_MAX,
  async show(desk) {
    const words = wordsOf(desk)
    const location = locationOf(desk)
    const [shown, everywhere, places] = await Promise.all([
      desk.ask(showPortal, { location }),
      desk.ask(showPortal, {}),
      placesOf(desk),
    ])
    return {
      title: words.title,
      content: (
        <>
          <SettingsHead desk={desk} current={PATH} />
          <Said desk={desk} words={{ saved: words.saved, picture: words.pictureSaved, gone: words.pictureGone }} />
          <RefusedNote desk={desk} />
          <Places desk={desk} places={places} location={location} />
          <div class="with-preview">
            <SettingsForm desk={desk} settings={shown.settings} location={location} />
            <Preview desk={desk} location={location} />
            <div class="stack">
              <Pictures desk={desk} location={location} own={shown.pictures} everywhere={everywhere.pictures} />
              <PosterNote desk={desk} location={location} />
            </div>
          </div>
        </>
      ),
    }
  },
  deeds: {
    [SAVE]: { permission: 'settings.write', run: save },
    use: { permission: 'settings.write', run: use },
    remove: { permission: 'settings.write', run: remove },
  },
})
