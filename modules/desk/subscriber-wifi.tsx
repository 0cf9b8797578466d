/** A Wi-Fi passphrase of the subscriber's own, on a network that all share. */
import {
  Button,
  DeedButton,
  Field,
  fill,
  Form,
  formatExact,
  Panel,
  PanelBody,
  valuesFor,
  visible,
  type Deed,
  type Desk,
  type DoingDesk,
  type Done,
  type Shown,
} from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import {
  bindDevice,
  drawPassphrase,
  isMac,
  isPassphrase,
  normaliseDevice,
  removePassphrase,
  setPassphrase,
  showPassphrase,
} from '../access/index.ts'
import { subscriberHref } from './links.ts'
import { drawsFrom, toldOnce } from './told-once.tsx'
import { wifiWords } from './words-wifi.ts'

const wordsOf = (desk: Pick<Desk, 'locale'>) => wifiWords[desk.locale.lang]

export type Passphrase = ResultOf<typeof showPassphrase>

export const passphraseOf = (desk: Desk, login: string): Promise<Passphrase> => desk.ask(showPassphrase, { login })

/** What was just done, in the words of the page that says so. */
export const wifiSaid = (desk: Desk) => {
  const { saidSet, saidRemoved, saidBound } = wordsOf(desk)
  return { wifiSet: saidSet, wifiRemoved: saidRemoved, bound: saidBound }
}

export const WifiPanel = ({ desk, passphrase }: { desk: Desk; passphrase: Passphrase }) => {
  const words = wordsOf(desk)
  return (
    <Panel
      title={words.title}
      note={passphrase ? fill(words.since, { at: formatExact(passphrase.setAt, desk.locale) }) : words.none}
      id="wifi"
    >
      <PanelBody>
        <p class="muted">{passphrase ? words.replaces : words.lead}</p>
        {desk.may('subscribers.write') ? <WifiForms desk={desk} has={passphrase !== undefined} /> : null}
      </PanelBody>
    </Panel>
  )
}

const WifiForms = ({ desk, has }: { desk: Desk; has: boolean }) => {
  const words = wordsOf(desk)
  const own = valuesFor(desk, 'setWifi')
  const bound = valuesFor(desk, 'bindDevice')
  return (
    <>
      <DeedButton desk={desk} deed="makeWifi">
        {has ? words.makeAnother : words.make}
      </DeedButton>
      <Form action={desk.here} deed="setWifi" once={desk.once()} inline>
        <Field
          locale={desk.locale}
          label={words.own}
          name="passphrase"
          help={words.ownHelp}
          autoComplete="off"
          required
          {...own.error('passphrase')}
        />
        <Button>{words.set}</Button>
      </Form>
      {has ? (
        <Form action={desk.here} deed="bindDevice" once={desk.once()} inline>
          <Field
            locale={desk.locale}
            label={words.device}
            name="device"
            value={bound.value('device')}
            placeholder="AA:BB:CC:DD:EE:FF"
            help={words.deviceHelp}
            required
            {...bound.error('device')}
          />
          <Button>{words.bind}</Button>
        </Form>
      ) : null}
      {has ? (
        <DeedButton desk={desk} deed="removeWifi" kind="danger">
          {words.remove}
        </DeedButton>
      ) : null}
    </>
  )
}

/** One that was made, told this once. */
const passphraseShown = (desk: Desk, login: string, passphrase: string): Shown => {
  const words = wordsOf(desk)
  const body = fill(words.shownBody, { login: visible(login) })
  const title = fill(words.shown, { login })
  return toldOnce(desk, { id: 'passphrase', title, head: words.title, value: passphrase, body, login })
}

const make = async (desk: DoingDesk): Promise<Done> => {
  const login = desk.param('login')
  const passphrase = drawPassphrase(drawsFrom('wifi', desk.fields.get('once') || desk.once()))
  const done = await desk.tell(setPassphrase, { login, passphrase })
  if (!done.ok && done.error.type !== 'ToldOnce') return { fault: done.error }
  return { show: passphraseShown(desk, login, passphrase) }
}

const set = async (desk: DoingDesk): Promise<Done> => {
  const login = desk.param('login')
  const passphrase = desk.fields.get('passphrase')
  if (!isPassphrase(passphrase)) return { problems: { passphrase: wordsOf(desk).ownWrong } }
  const done = await desk.tell(setPassphrase, { login, passphrase })
  if (!done.ok && done.error.type !== 'ToldOnce') return { fault: done.error }
  return { go: `${subscriberHref(login)}?said=wifiSet` }
}

const remove = async (desk: DoingDesk): Promise<Done> => {
  const login = desk.param('login')
  const done = await desk.tell(removePassphrase, { login })
  return done.ok ? { go: `${subscriberHref(login)}?said=wifiRemoved` } : { fault: done.error }
}

const bind = async (desk: DoingDesk): Promise<Done> => {
  const login = desk.param('login')
  const device = desk.fields.get('device').trim()
  if (!isMac(normaliseDevice(device))) return { problems: { device: wordsOf(desk).deviceWrong } }
  const done = await desk.tell(bindDevice, { login, device })
  return done.ok ? { go: `${subscriberHref(login)}?said=bound` } : { fault: done.error }
}

const permission = 'subscribers.write'
export const wifiDeeds = {
  makeWifi: { permission, run: make },
  setWifi: { permission, run: set },
  removeWifi: { permission, run: remove },
  bindDevice: { permission, run: bind },
} satisfies Record<string, Deed>
