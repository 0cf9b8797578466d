/** How the box logs in to a router itself, whom it holds there, and how that goes. */
import type { Fault } from '@lango/kernel'
import {
  Button,
  CopyButton,
  DeedButton,
  definePage,
  Field,
  fill,
  Notice,
  Panel,
  PanelBody,
  RefusedNote,
  Said,
  visible,
  type Desk,
  type DoingDesk,
  type Done,
  type Shown,
} from '@lango/kernel/ui'
import {
  boxAddressFor,
  listControls,
  listHotspots,
  parseAddress,
  removeControl,
  revealControl,
  setControl,
  type ControlStatus,
  type Reach,
} from '../network/index.ts'
import { controlScript } from './control-script.ts'
import { ControlForm, controlIn, wayIn, type Control } from './router-control-form.tsx'
import { RouterHead } from './pages-router.tsx'
import { hotspotDeeds, HotspotPanels, hotspotWordsOf, type Hotspot } from './router-hotspot.tsx'
import { ControlState, controlStatusOf, controlWordsOf } from './router-control-state.tsx'
import {
  healthByRouter,
  noRouter,
  routerHref,
  routerOf,
  RouterTabs,
  unknownRouter,
  wordsOf,
  type Router,
} from './router-facts.tsx'

const FAILING_LOOK_SEC = 5

const controlOf = async (desk: Desk, { id }: Router): Promise<Control | undefined> =>
  (await desk.ask(listControls, {})).find((control) => control.id === id)

const hotspotOf = async (desk: Desk, { id }: Router): Promise<Hotspot | undefined> =>
  (await desk.ask(listHotspots, {})).find((hotspot) => hotspot.id === id)

type ScriptProps = {
  readonly desk: Desk
  readonly router: Router
  readonly control: Control
  readonly keepsHotspot: boolean
  readonly password: string | undefined
}

const Script = async ({ desk, router, control, keepsHotspot, password }: ScriptProps) => {
  const words = controlWordsOf(desk)
  const told = await desk.box<Reach>('box.reach', {})
  const reached = told.ok ? boxAddressFor(told.value, router.address, desk.host) : ''
  const box = (desk.search.get('box') ?? reached).trim()
  const isRight = parseAddress(box) !== undefined
  const { way, port, user, networks } = control
  return (
    <Panel title={wordsOf(desk).script} id="script-panel">
      <PanelBody>
        <p>
          {words.scriptNote} {networks.length > 0 ? words.scriptCuts : ''}
        </p>
        <form class="filters" method="get" action={desk.here.split('?')[0]}>
          <Field
            locale={desk.locale}
            label={wordsOf(desk).boxAddress}
            name="box"
            value={box}
            required
            help={wordsOf(desk).boxAddressHelp}
            {...(isRight ? {} : { error: wordsOf(desk).boxAddressWrong })}
          />
          <Button>{wordsOf(desk).apply}</Button>
        </form>
        {password === undefined ? null : <Notice meaning="attention" title={words.scriptTold} />}
        {isRight ? (
          <>
            <pre id="script" tabIndex={0}>
              {controlScript({
                box,
                way: wayIn(way),
                port,
                user,
                password,
                networks,
                keepsHotspot,
              })}
            </pre>
            <div class="pager">
              <CopyButton of="script" locale={desk.locale} />
              {password === undefined && desk.may('routers.write') ? (
                <DeedButton desk={desk} deed="withPassword" kind="main">
                  {words.withPassword}
                </DeedButton>
              ) : null}
            </div>
            {password === undefined ? <p class="muted">{words.scriptFill}</p> : null}
          </>
        ) : null}
      </PanelBody>
    </Panel>
  )
}

const Removal = ({ desk }: { desk: Desk }) => {
  const words = controlWordsOf(desk)
  return (
    <Panel title={words.remove}>
      <PanelBody>
        <RefusedNote desk={desk} deed="remove" />
        <p>{words.removeNote}</p>
        <DeedButton desk={desk} deed="remove" kind="danger">
          {words.removeDo}
        </DeedButton>
      </PanelBody>
    </Panel>
  )
}

type ControlledProps = Omit<ScriptProps, 'keepsHotspot'> & { readonly status: ControlStatus | undefined }

const Controlled = async ({ status, ...props }: ControlledProps) => {
  const { desk, router } = props
  const hotspot = await hotspotOf(desk, router)
  return (
    <>
      <ControlState desk={desk} status={status} />
      {await Script({ ...props, keepsHotspot: hotspot !== undefined })}
      <HotspotPanels desk={desk} hotspot={hotspot} status={status?.hotspot} />
    </>
  )
}

const shown = async (desk: Desk, router: Router, password: string | undefined): Promise<Shown> => {
  const words = controlWordsOf(desk)
  const control = await controlOf(desk, router)
  const status = control && (await controlStatusOf(desk, router.id))
  const health = (await healthByRouter(desk)).get(router.no)
  const isUnsettled = control !== undefined && (status === undefined || status.fault !== undefined)
  // Asked for a moment ago, or on its way off the router.
  const isMoving = status?.hotspot ? status.hotspot.isLeaving : desk.search.get('said') === 'hotspot'
  const mayWrite = desk.may('routers.write')
  return {
    title: fill(words.title, { name: visible(router.name) }),
    // What was told once is not asked for again.
    ...((isUnsettled || isMoving) && password === undefined ? { refreshSec: FAILING_LOOK_SEC } : {}),
    content: (
      <>
        <RouterHead desk={desk} router={router} health={health} />
        <RouterTabs desk={desk} router={router} current="control" />
        <Said
          desk={desk}
          words={{
            saved: words.saidSaved,
            trusted: words.saidTrusted,
            removed: words.saidRemoved,
            hotspot: hotspotWordsOf(desk).saidHotspot,
            pushed: hotspotWordsOf(desk).saidPushed,
            off: hotspotWordsOf(desk).saidOff,
            left: hotspotWordsOf(desk).saidLeft,
          }}
        />
        <RefusedNote desk={desk} deed="trust" />
        <RefusedNote desk={desk} deed="withPassword" />
        {control === undefined ? <p>{words.note}</p> : await Controlled({ desk, router, control, status, password })}
        {mayWrite ? <ControlForm desk={desk} router={router} control={control} /> : null}
        {mayWrite && control !== undefined ? <Removal desk={desk} /> : null}
      </>
    ),
  }
}

const save = async (desk: DoingDesk): Promise<Done> => {
  const router = await routerOf(desk)
  if (router === undefined) return { fault: unknownRouter(desk) }
  const { input, problems } = controlIn(desk, router, await controlOf(desk, router))
  if (Object.keys(problems).length > 0) return { problems }
  const saved = await desk.tell(setControl, { name: router.name, ...input })
  return saved.ok ? { go: routerHref(router, '/control?said=saved') } : { fault: saved.error }
}

/** A deed with nothing to fill in. */
const deed =
  (said: string, run: (desk: DoingDesk, name: string) => Promise<{ ok: true } | { ok: false; error: Fault }>) =>
  async (desk: DoingDesk): Promise<Done> => {
    const router = await routerOf(desk)
    if (router === undefined) return { fault: unknownRouter(desk) }
    const done = await run(desk, router.name)
    return done.ok ? { go: routerHref(router, `/control?said=${said}`) } : { fault: done.error }
  }

export const routerControlPage = definePage({
  path: '/routers/:name/control',
  permission: 'routers.read',
  async show(desk) {
    const router = await routerOf(desk)
    return router === undefined ? noRouter(desk) : shown(desk, router, undefined)
  },
  deeds: {
    ...hotspotDeeds,
    save: { permission: 'routers.write', run: save },
    trust: {
      permission: 'routers.write',
      run: deed('trusted', (desk, name) =>
        desk.tell(setControl, { name, certificateSha256: desk.fields.get('certificate') }),
      ),
    },
    drawPassword: {
      permission: 'routers.write',
      run: deed('saved', (desk, name) => desk.tell(setControl, { name, drawsPassword: true })),
    },
    remove: { permission: 'routers.write', run: deed('removed', (desk, name) => desk.tell(removeControl, { name })) },
    withPassword: {
      permission: 'routers.write',
      async run(desk) {
        const router = await routerOf(desk)
        if (router === undefined) return { fault: unknownRouter(desk) }
        const told = await desk.tell(revealControl, { name: router.name })
        return told.ok ? { show: await shown(desk, router, told.value.password) } : { fault: told.error }
      },
    },
  },
})
