/** `/settings/portal/poster`: one sheet of A4 to print, with the way into the Wi-Fi and onto the hotspot's page. */
import {
  Button,
  definePage,
  Field,
  formatPhone,
  LinkButton,
  PageHead,
  Panel,
  PanelBody,
  QrCode,
  visible,
  type Desk,
} from '@lango/kernel/ui'
import { encode } from 'uqr'
import { boxAddressFor, type Reach } from '../network/index.ts'
import { showPortal, wifiCode, type PortalSettings } from '../portal/index.ts'
import { bothWords, wordsOf, type PortalWords } from './words-portal.ts'

const PATH = '/settings/portal/poster'

/** As phones on the Wi-Fi reach the page, as far as the box can tell; it can be written anew. */
const reachedAt = async (desk: Desk): Promise<string> => {
  const told = desk.may('routers.read') ? await desk.box<Reach>('box.reach', {}) : undefined
  const address = told?.ok === true ? boxAddressFor(told.value, '', desk.host) : ''
  const port = told?.ok === true ? told.value.ports.portal : undefined
  const host = address || desk.host
  return `http://${host.includes(':') ? `[${host}]` : host}${port === undefined || port === 80 ? '' : `:${port}`}/`
}

const isAddress = (text: string): boolean =>
  ['http:', 'https:'].includes(URL.parse(text)?.protocol ?? '') && text.length <= 400

type Say = (words: PortalWords) => string

/** What to do first, second and third. */
const step =
  (n: number, say: Say): Say =>
  (words) =>
    `${n}. ${say(words)}`

const Code = ({ text, title, word }: { text: string; title: Say; word: string }) => (
  <figure class="poster-code">
    <QrCode cells={encode(text, { ecc: 'M' }).data} title={bothWords.map(title).join(' / ')} />
    <figcaption>
      {bothWords.map((words, at) => (
        <span key={at} lang={at === 0 ? 'en' : 'sw'}>
          {title(words)}
        </span>
      ))}
      <b>{visible(word)}</b>
    </figcaption>
  </figure>
)

const Sheet = ({ desk, settings, address }: { desk: Desk; settings: PortalSettings; address: string }) => {
  const { wifiName, welcome, support } = settings
  const hasWifi = wifiName !== ''
  const phone = support.phone || support.whatsapp
  return (
    <article class="poster">
      <h2>{visible(desk.siteName)}</h2>
      {[welcome.en, welcome.sw].map((line, at) =>
        line === '' ? null : (
          <p key={at} class="poster-welcome" lang={at === 0 ? 'en' : 'sw'}>
            {visible(line)}
          </p>
        ),
      )}
      <div class="poster-codes">
        {hasWifi ? (
          <Code text={wifiCode(wifiName)} title={step(1, (words) => words.posterJoin)} word={wifiName} />
        ) : null}
        <Code
          text={address}
          title={hasWifi ? step(2, (words) => words.posterOpen) : step(1, (words) => words.posterOnly)}
          word={address.replace(/^http:\/\/|\/$/g, '')}
        />
      </div>
      {bothWords.map((words, at) => (
        <p key={at} lang={at === 0 ? 'en' : 'sw'}>
          {step(hasWifi ? 3 : 2, ({ posterBody }) => posterBody)(words)}
        </p>
      ))}
      {phone === '' ? null : (
        <p class="poster-welcome">
          {bothWords[0].helpWord} / {bothWords[1].helpWord}: <b>{formatPhone(phone)}</b>
        </p>
      )}
    </article>
  )
}

type AskedProps = { desk: Desk; location: string; address: string; error: { error?: string }; hasWifi: boolean }

/** What the sheet is made of; none of it is printed. */
const Asked = ({ desk, location, address, error, hasWifi }: AskedProps) => {
  const words = wordsOf(desk)
  return (
    <Panel title={words.beforePrinting}>
      <PanelBody>
        {hasWifi ? null : (
          <p>
            {words.noWifiName} <a href="/settings/portal">{words.setWifiName}</a>
          </p>
        )}
        <form class="form" method="get" action={PATH}>
          {location === '' ? null : <input type="hidden" name="location" value={location} />}
          <Field
            locale={desk.locale}
            label={words.posterAddress}
            name="address"
            value={address}
            help={words.posterAddressHelp}
            required
            {...error}
          />
          <div class="button-row">
            <Button>{words.draw}</Button>
            <button class="button button-main" type="button" data-print="" hidden>
              {words.print}
            </button>
          </div>
        </form>
      </PanelBody>
    </Panel>
  )
}

export const portalPosterPage = definePage({
  path: PATH,
  permission: 'settings.read',
  async show(desk) {
    const words = wordsOf(desk)
    const location = desk.search.get('location') ?? ''
    const { settings } = await desk.ask(showPortal, location === '' ? {} : { location })
    const reached = settings.address === '' ? await reachedAt(desk) : `${settings.address}/`
    const asked = (desk.search.get('address') ?? reached).trim()
    const isGood = isAddress(asked)
    return {
      title: words.poster,
      content: (
        <>
          <div class="not-printed stack">
            <PageHead title={words.poster}>
              <LinkButton href="/settings/portal">{words.toSettings}</LinkButton>
            </PageHead>
            <Asked
              desk={desk}
              location={location}
              address={asked}
              error={isGood ? {} : { error: words.addressWrong }}
              hasWifi={settings.wifiName !== ''}
            />
          </div>
          <Sheet desk={desk} settings={settings} address={isGood ? asked : reached} />
        </>
      ),
    }
  },
})
