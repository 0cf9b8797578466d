import {
  CopyButton,
  Ago,
  Button,
  counted,
  DeedButton,
  definePage,
  Facts,
  Field,
  fill,
  Form,
  formatNumber,
  LinkButton,
  PageHead,
  Panel,
  PanelBody,
  RefusedNote,
  Said,
  UserText,
  valuesFor,
  visible,
  type Desk,
  type DoingDesk,
  type Done,
  type Fact,
  type Shown,
} from '@lango/kernel/ui'
import { removeRouter, revealRouterSecret, setRouter } from '../network/index.ts'
import {
  healthByRouter,
  noRouter,
  openSessions,
  routerHref,
  routerOf,
  RouterTabs,
  stateOf,
  StateMark,
  StateWhy,
  unknownRouter,
  wordsOf,
  type Health,
  type Router,
} from './router-facts.tsx'
import { MoreFields, problemsOf, RouterFields, SECRET_LENGTH_MAX, settingsIn } from './router-form.tsx'
import { vendorLabel } from './vendor-settings.ts'

export const RouterHead = ({ desk, router, health }: { desk: Desk; router: Router; health: Health | undefined }) => (
  <PageHead
    title={<UserText text={router.name} />}
    beside={<StateMark desk={desk} state={stateOf(health, desk.now)} />}
  />
)

const factsOf = (desk: Desk, router: Router, health: Health | undefined, open: number | undefined): readonly Fact[] => {
  const words = wordsOf(desk)
  const { locale, now } = desk
  const sessions: Fact = [words.sessionsNow, formatNumber(open ?? 0, locale)]
  return [
    [words.address, <UserText key="address" text={router.address} />],
    [words.vendor, visible(vendorLabel(router.vendor))],
    [words.heard, health === undefined ? '' : <Ago key="heard" at={health.lastPacketAt} now={now} locale={locale} />],
    [words.heardFrom, health === undefined ? '' : <UserText key="from" text={health.lastAddress} />],
    [words.requests, health === undefined ? '' : formatNumber(health.requests, locale)],
    ...(desk.may('sessions.read') ? [sessions] : []),
    [words.coaPort, String(router.coaPort)],
    [words.realm, router.realm === null ? '' : <UserText key="realm" text={router.realm} />],
  ]
}

/** What it did: by its name, as those pages find it. */
const Elsewhere = ({ desk, router }: { desk: Desk; router: Router }) => {
  const words = wordsOf(desk)
  if (!desk.may('sessions.read')) return null
  const search = new URLSearchParams({ router: String(router.no) }).toString()
  return (
    <p class="pager">
      <a href={`/access-log?${search}`}>{words.accessLog}</a>
      <a href={`/reports/sessions?${search}`}>{words.history}</a>
    </p>
  )
}

const SecretPanel = ({ desk }: { desk: Desk }) => {
  const words = wordsOf(desk)
  const form = valuesFor(desk, 'secret')
  return (
    <Panel title={words.secretPanel} id="secret">
      <PanelBody>
        <RefusedNote desk={desk} deed="secret" />
        <RefusedNote desk={desk} deed="drawSecret" />
        <p>{words.secretNote}</p>
        <Form action={desk.here} deed="secret" once={desk.once()} inline>
          <Field
            locale={desk.locale}
            label={words.secretType}
            name="secret"
            type="password"
            autoComplete="off"
            required
            {...form.error('secret')}
          />
          <Button>{words.secretSet}</Button>
        </Form>
        <DeedButton desk={desk} deed="drawSecret">
          {words.secretDraw}
        </DeedButton>
      </PanelBody>
    </Panel>
  )
}

const ChangePanel = ({ desk, router }: { desk: Desk; router: Router }) => {
  const words = wordsOf(desk)
  return (
    <Panel title={words.settings}>
      <PanelBody>
        <RefusedNote desk={desk} deed="save" />
        <Form action={desk.here} deed="save" once={desk.once()}>
          <RouterFields desk={desk} deed="save" before={router} />
          <MoreFields desk={desk} deed="save" before={router} />
          <Button kind="main">{words.save}</Button>
        </Form>
      </PanelBody>
    </Panel>
  )
}

/** A secret, told this once. */
const secretShown = (desk: Desk, router: Router, secret: string): Shown => {
  const words = wordsOf(desk)
  const title = fill(words.secretTitle, { name: visible(router.name) })
  return {
    title,
    content: (
      <>
        <PageHead title={title} />
        <section class="panel">
          <PanelBody>
            <p>{words.secretShown}</p>
            <p>
              <code id="told">{secret}</code>
            </p>
            <p class="pager">
              <CopyButton of="told" locale={desk.locale} />
              <LinkButton href={routerHref(router)}>{words.done}</LinkButton>
            </p>
          </PanelBody>
        </section>
      </>
    ),
  }
}

const save = async (desk: DoingDesk): Promise<Done> => {
  const words = wordsOf(desk)
  const router = await routerOf(desk)
  if (router === undefined) return { fault: unknownRouter(desk) }
  const { settings, problems } = settingsIn(desk.fields, words, router)
  if (Object.keys(problems).length > 0) return { problems }
  const [newName, address] = [desk.fields.get('name'), desk.fields.get('address')]
  const saved = await desk.tell(setRouter, { name: router.name, newName, address, ...settings })
  if (saved.ok) return { go: routerHref(saved.value, '?said=saved') }
  const beside = problemsOf(saved.error, words)
  return beside === undefined ? { fault: saved.error } : { problems: beside }
}

const changeSecret = async (desk: DoingDesk): Promise<Done> => {
  const words = wordsOf(desk)
  const router = await routerOf(desk)
  if (router === undefined) return { fault: unknownRouter(desk) }
  const secret = desk.fields.get('secret')
  if (secret === '') return { problems: { secret: words.secretMissing } }
  if (secret.length > SECRET_LENGTH_MAX) return { problems: { secret: words.secretLong } }
  const done = await desk.tell(setRouter, { name: router.name, secret })
  return done.ok ? { go: routerHref(router, '?said=secret') } : { fault: done.error }
}

const drawSecret = async (desk: DoingDesk): Promise<Done> => {
  const router = await routerOf(desk)
  if (router === undefined) return { fault: unknownRouter(desk) }
  const { name } = router
  const drawn = await desk.tell(setRouter, { name, drawsSecret: true })
  if (!drawn.ok) return { fault: drawn.error }
  const told = await desk.tell(revealRouterSecret, { name })
  return told.ok ? { show: secretShown(desk, router, told.value.secret) } : { fault: told.error }
}

export const routerPage = definePage({
  path: '/routers/:name',
  permission: 'routers.read',
  async show(desk) {
    const words = wordsOf(desk)
    const router = await routerOf(desk)
    if (router === undefined) return noRouter(desk)
    const health = (await healthByRouter(desk)).get(router.no)
    const open = (await openSessions(desk))?.get(router.no)
    const mayWrite = desk.may('routers.write')
    return {
      title: visible(router.name),
      content: (
        <>
          <RouterHead desk={desk} router={router} health={health} />
          <RouterTabs desk={desk} router={router} current="settings" />
          <Said desk={desk} words={{ saved: words.saidSaved, secret: words.saidSecret }} />
          <section class="panel">
            <PanelBody>
              <Facts facts={factsOf(desk, router, health, open)} />
              <StateWhy desk={desk} router={router} health={health} />
              <Elsewhere desk={desk} router={router} />
            </PanelBody>
          </section>
          {mayWrite ? <ChangePanel desk={desk} router={router} /> : null}
          {mayWrite ? <SecretPanel desk={desk} /> : null}
        </>
      ),
    }
  },
  deeds: {
    save: { permission: 'routers.write', run: save },
    secret: { permission: 'routers.write', run: changeSecret },
    drawSecret: { permission: 'routers.write', run: drawSecret },
  },
})

const Removal = ({ desk, router, open }: { desk: Desk; router: Router; open: number | undefined }) => {
  const words = wordsOf(desk)
  const form = valuesFor(desk, 'remove')
  const name = visible(router.name)
  const sessions = open === undefined ? words.removeNone : counted(words.removeSome, open, desk.locale)
  return (
    <Panel title={words.removeWhat}>
      <PanelBody>
        <RefusedNote desk={desk} deed="remove" />
        <ul class="plain-list">
          {desk.may('sessions.read') ? <li>{sessions}</li> : null}
          <li>{words.removeLogins}</li>
          <li>{words.removeKept}</li>
        </ul>
        <Form action={desk.here} deed="remove" once={desk.once()}>
          <Field
            locale={desk.locale}
            label={fill(words.removeConfirm, { name })}
            name="confirm"
            value={form.value('confirm')}
            autoComplete="off"
            required
            {...form.error('confirm')}
          />
          <Button kind="danger">{words.removeDo}</Button>
        </Form>
      </PanelBody>
    </Panel>
  )
}

export const removeRouterPage = definePage({
  path: '/routers/:name/remove',
  permission: 'routers.write',
  async show(desk) {
    const router = await routerOf(desk)
    if (router === undefined) return noRouter(desk)
    const health = (await healthByRouter(desk)).get(router.no)
    return {
      title: fill(wordsOf(desk).removeTitle, { name: visible(router.name) }),
      content: (
        <>
          <RouterHead desk={desk} router={router} health={health} />
          <RouterTabs desk={desk} router={router} current="removeTab" />
          <Removal desk={desk} router={router} open={(await openSessions(desk))?.get(router.no)} />
        </>
      ),
    }
  },
  deeds: {
    remove: {
      permission: 'routers.write',
      async run(desk) {
        const router = await routerOf(desk)
        if (router === undefined) return { fault: unknownRouter(desk) }
        // Names may hold what nobody can type; they are typed as they are shown.
        if (desk.fields.get('confirm').trim() !== visible(router.name).trim())
          return { problems: { confirm: fill(wordsOf(desk).removeWrong, { name: visible(router.name) }) } }
        const removed = await desk.tell(removeRouter, { name: router.name })
        return removed.ok ? { go: '/routers?said=removed' } : { fault: removed.error }
      },
    },
  },
})
