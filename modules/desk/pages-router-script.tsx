import {
  CopyButton,
  Button,
  DeedButton,
  definePage,
  fill,
  Field,
  formatAgo,
  formatNumber,
  LinkButton,
  Notice,
  Panel,
  PanelBody,
  RefusedNote,
  Said,
  Sentence,
  Table,
  Tabs,
  visible,
  withSearch,
  type Desk,
  type Problems,
  type Shown,
} from '@lango/kernel/ui'
import {
  boxAddressFor,
  isInterfaceName,
  isLoopback,
  parseAddress,
  readNetwork,
  revealRouterSecret,
  type Reach,
} from '../network/index.ts'
import { listUnknownRouters } from '../sessions/index.ts'
import { stepHref } from '../setup/index.ts'
import { RouterHead } from './pages-router.tsx'
import { Strangers } from './pages-routers.tsx'
import {
  healthByRouter,
  noRouter,
  routerOf,
  RouterTabs,
  StateMark,
  stateOf,
  unknownRouter,
  wordsOf,
  type Health,
  type Router,
} from './router-facts.tsx'
import {
  hasInterface,
  hasNetwork,
  isScriptService,
  routerosScript,
  scriptDefaults,
  scriptServices,
  type ScriptInput,
  type ScriptService,
} from './routeros-script.ts'
import { setupWordsOf } from './words-setup.ts'
import { vendorLabel, vendorLines, vendorWifiLines } from './vendor-settings.ts'

const WATCH_SEC = 5
/** A stranger that has spoken since is worth a look. */
const RECENT_MS = 15 * 60_000

const PORTS: Reach['ports'] = { auth: 1812, acct: 1813, radsec: 2083 }

type Asked = { readonly input: ScriptInput; readonly problems: Problems; readonly listen: string }

const isSingle = (address: string): boolean => parseAddress(address) !== undefined

/** What the page's address asks for, with defaults that fit most networks. */
const askedOf = async (desk: Desk, router: Router, secret: string | undefined): Promise<Asked> => {
  const words = wordsOf(desk)
  const { search } = desk
  const told = await desk.box<Reach>('box.reach', {})
  const reach = told.ok ? told.value : { listen: '', addresses: [], ports: PORTS }
  const wanted = search.get('service') ?? ''
  const service: ScriptService = isScriptService(wanted) ? wanted : 'pppoe'
  const text = (name: string, otherwise: string) => (search.get(name) ?? otherwise).trim()
  const defaults = scriptDefaults[service]
  const asked = {
    box: text('box', boxAddressFor(reach, router.address, desk.host)),
    interface: text('interface', defaults.interface),
    network: text('network', defaults.network),
  }
  const problems = {
    ...(parseAddress(asked.box) === undefined ? { box: words.boxAddressWrong } : {}),
    ...(hasInterface(service) && !isInterfaceName(asked.interface) ? { interface: words.interfaceWrong } : {}),
    ...(hasNetwork(service) && readNetwork(asked.network) === undefined ? { network: words.networkWrong } : {}),
  }
  const input = {
    ...asked,
    service,
    authPort: reach.ports.auth,
    acctPort: reach.ports.acct,
    radsecPort: reach.ports.radsec,
    coaPort: router.coaPort,
    portalPort: reach.ports.portal,
    securePortal: reach.securePortal,
    secret,
    routerAddress: isSingle(router.address) ? router.address : '',
    radsecName: router.radsecIdentity ?? (router.name.replaceAll(/[^\w.-]+/g, '-') || 'router'),
  }
  return { input, problems, listen: reach.listen }
}

const ServiceTabs = ({ desk, service }: { desk: Desk; service: ScriptService }) => {
  const words = wordsOf(desk)
  // Interface and addresses of one service are not those of another.
  const href = (each: ScriptService) =>
    withSearch(desk, { service: each, interface: '', network: '', said: '', watch: '' })
  const tabs = scriptServices.map((each) => ({ href: href(each), label: words[each], current: each === service }))
  return <Tabs label={words.service} tabs={tabs} />
}

const AskForm = ({ desk, asked: { input, problems } }: { desk: Desk; asked: Asked }) => {
  const words = wordsOf(desk)
  const { locale } = desk
  const { service } = input
  const field = (name: 'box' | 'interface' | 'network') => ({
    name,
    locale,
    value: input[name],
    required: true,
    ...(problems[name] === undefined ? {} : { error: problems[name] }),
  })
  return (
    <form class="filters" method="get" action={desk.here.split('?')[0]}>
      <input type="hidden" name="service" value={service} />
      <Field {...field('box')} label={words.boxAddress} help={words.boxAddressHelp} />
      {hasInterface(service) ? (
        <Field {...field('interface')} label={words.interface} help={words.interfaceHelp} />
      ) : null}
      {hasNetwork(service) ? <Field {...field('network')} label={words.network} help={words.networkHelp} /> : null}
      <Button>{words.apply}</Button>
    </form>
  )
}

const Lines = ({ desk, text, needsSecret }: { desk: Desk; text: string; needsSecret: boolean }) => {
  const words = wordsOf(desk)
  return (
    <>
      <pre id="script" tabIndex={0}>
        {text}
      </pre>
      <div class="pager">
        <CopyButton of="script" locale={desk.locale} />
        {needsSecret && desk.may('routers.write') ? (
          <DeedButton desk={desk} deed="withSecret" kind="main">
            {words.withSecret}
          </DeedButton>
        ) : null}
      </div>
      {needsSecret ? <p class="muted">{words.scriptFill}</p> : null}
    </>
  )
}

const Told = ({ desk, secret }: { desk: Desk; secret: string | undefined }) =>
  secret === undefined ? null : <Notice meaning="attention" title={wordsOf(desk).scriptTold} />

const noteOf = (words: ReturnType<typeof wordsOf>, { service, portalPort }: ScriptInput): string => {
  if (service === 'hotspot' && portalPort !== undefined) return words.hotspotPortalNote
  return words[`${service}Note`]
}

const RouterOs = ({ desk, asked }: { desk: Desk; asked: Asked }) => {
  const words = wordsOf(desk)
  const { input, problems } = asked
  const text = Object.keys(problems).length > 0 ? undefined : routerosScript(input)
  return (
    <Panel title={words.script}>
      <PanelBody>
        <ServiceTabs desk={desk} service={input.service} />
        <p>
          <Sentence text={`${noteOf(words, input)} ${words.scriptNote}`} />
        </p>
        <AskForm desk={desk} asked={asked} />
        <Told desk={desk} secret={input.secret} />
        {text === undefined ? null : (
          <Lines desk={desk} text={text} needsSecret={input.secret === undefined && input.service !== 'radsec'} />
        )}
      </PanelBody>
    </Panel>
  )
}

type Setting = readonly [name: string, value: string]

const settingsOf = (desk: Desk, { box, authPort, acctPort, coaPort, secret }: ScriptInput): readonly Setting[] => {
  const words = wordsOf(desk)
  return [
    [words.authServer, `${box}:${authPort}`],
    [words.acctServer, `${box}:${acctPort}`],
    ...(secret === undefined ? [] : ([[words.secret, secret]] as const)),
    [words.coaSetting, fill(words.coaFrom, { port: String(coaPort), box })],
    [words.interimSetting, words.interimValue],
    [words.signSetting, words.signValue],
    [words.timeoutSetting, words.timeoutValue],
  ]
}

const OtherVendor = ({ desk, router, asked }: { desk: Desk; router: Router; asked: Asked }) => {
  const words = wordsOf(desk)
  const { input, problems } = asked
  const isRight = problems['box'] === undefined
  const lines = isRight ? vendorLines(router.vendor, input) : ''
  return (
    <>
      <Panel title={words.setUp}>
        <PanelBody>
          <p>{words.settingsNote}</p>
          <form class="filters" method="get" action={desk.here.split('?')[0]}>
            <Field
              locale={desk.locale}
              label={words.boxAddress}
              name="box"
              value={input.box}
              required
              help={words.boxAddressHelp}
              {...(isRight ? {} : { error: words.boxAddressWrong })}
            />
            <Button>{words.apply}</Button>
          </form>
          <Told desk={desk} secret={input.secret} />
        </PanelBody>
        <Table
          name="settings"
          caption={words.setUp}
          columns={[
            { id: 'name', head: words.settings, width: 'l', card: 'title', value: ([name]: Setting) => name },
            { id: 'value', head: words.value, width: 'l', card: 'wide', digits: true, value: ([, value]) => value },
          ]}
          rows={settingsOf(desk, input)}
          rowKey={([name]) => name}
        />
        {lines === '' && input.secret === undefined && desk.may('routers.write') ? (
          <PanelBody>
            <DeedButton desk={desk} deed="withSecret" kind="main">
              {words.withSecret}
            </DeedButton>
          </PanelBody>
        ) : null}
      </Panel>
      {lines === '' ? null : (
        <Panel title={fill(words.commands, { vendor: vendorLabel(router.vendor) })}>
          <PanelBody>
            {router.vendor === 'generic' ? <p>{words.genericNote}</p> : null}
            <Lines desk={desk} text={lines} needsSecret={input.secret === undefined} />
          </PanelBody>
        </Panel>
      )}
    </>
  )
}

/** Where each subscriber has a Wi-Fi passphrase of their own: what is set beside the rest. */
const OwnPassphrases = ({ desk, vendor }: { desk: Desk; vendor: string }) => {
  const words = wordsOf(desk)
  const lines = vendorWifiLines(vendor)
  if (lines === '' && vendor !== 'ubiquiti') return null
  return (
    <Panel title={words.passphrases}>
      <PanelBody>
        <p>
          <Sentence text={words[vendor === 'ubiquiti' ? 'passphrasesUniFi' : 'passphrasesNote']} />
        </p>
        {lines === '' ? null : (
          <>
            <pre id="wifi" tabIndex={0}>
              {lines}
            </pre>
            <div class="pager">
              <CopyButton of="wifi" locale={desk.locale} />
            </div>
          </>
        )}
      </PanelBody>
    </Panel>
  )
}

/** Whether the router has spoken to the box, and who else has meanwhile. */
const Heard = async (desk: Desk, router: Router, health: Health | undefined) => {
  const words = wordsOf(desk)
  const { locale, now } = desk
  const strangers =
    health === undefined
      ? (await desk.ask(listUnknownRouters, {})).filter(({ lastAt }) => now - lastAt < RECENT_MS)
      : []
  const isWatching = desk.search.get('watch') === 'yes' && health === undefined
  const ago = health === undefined ? '' : formatAgo(health.lastPacketAt, now, locale)
  const sentence =
    health === undefined
      ? fill(words.heardNot, { address: visible(router.address) })
      : fill(words.heardYes, { ago, address: visible(health.lastAddress), n: formatNumber(health.requests, locale) })
  return (
    <Panel title={words.isHeard} id="heard">
      <PanelBody>
        <p role="status">
          <StateMark desk={desk} state={stateOf(health, now)} /> {sentence}
        </p>
        {health === undefined ? <p>{words.heardHow}</p> : null}
        <p class="pager">
          <LinkButton href={`${withSearch(desk, { watch: '' })}#heard`}>{words.lookAgain}</LinkButton>
          {health === undefined && !isWatching ? (
            <LinkButton href={`${withSearch(desk, { watch: 'yes' })}#heard`}>{words.watch}</LinkButton>
          ) : null}
        </p>
        {isWatching ? <p class="muted">{words.watching}</p> : null}
        {strangers.length === 0 ? null : <p>{words.heardStrangers}</p>}
      </PanelBody>
      {strangers.length === 0 ? null : <Strangers desk={desk} strangers={strangers} />}
    </Panel>
  )
}

const ListensHere = ({ desk, listen, router }: { desk: Desk; listen: string; router: Router }) => {
  const words = wordsOf(desk)
  if (!isLoopback(listen) || isLoopback(router.address)) return null
  return (
    <Notice meaning="attention" title={fill(words.listensHere, { address: listen })}>
      <p>
        <Sentence text={words.listensHereBody} />
      </p>
    </Notice>
  )
}

const shown = async (desk: Desk, router: Router, secret: string | undefined): Promise<Shown> => {
  const words = wordsOf(desk)
  const asked = await askedOf(desk, router, secret)
  const health = (await healthByRouter(desk)).get(router.no)
  const isWatching = desk.search.get('watch') === 'yes' && health === undefined
  return {
    title: fill(words.scriptTitle, { name: visible(router.name) }),
    ...(isWatching ? { refreshSec: WATCH_SEC } : {}),
    content: (
      <>
        <RouterHead desk={desk} router={router} health={health} />
        <RouterTabs desk={desk} router={router} current="setUp" />
        <Said desk={desk} words={{ added: words.saidAdded }} />
        {desk.search.has('setup') ? (
          <p>
            <LinkButton href={stepHref.router}>{setupWordsOf(desk).toSetup}</LinkButton>
          </p>
        ) : null}
        <RefusedNote desk={desk} deed="withSecret" />
        <ListensHere desk={desk} listen={asked.listen} router={router} />
        {router.vendor === 'mikrotik' ? (
          <RouterOs desk={desk} asked={asked} />
        ) : (
          <OtherVendor desk={desk} router={router} asked={asked} />
        )}
        <OwnPassphrases desk={desk} vendor={router.vendor} />
        {await Heard(desk, router, health)}
      </>
    ),
  }
}

export const routerScriptPage = definePage({
  path: '/routers/:name/script',
  permission: 'routers.read',
  async show(desk) {
    const router = await routerOf(desk)
    return router === undefined ? noRouter(desk) : shown(desk, router, undefined)
  },
  deeds: {
    withSecret: {
      permission: 'routers.write',
      async run(desk) {
        const router = await routerOf(desk)
        if (router === undefined) return { fault: unknownRouter(desk) }
        const told = await desk.tell(revealRouterSecret, { name: router.name })
        return told.ok ? { show: await shown(desk, router, told.value.secret) } : { fault: told.error }
      },
    },
  },
})
