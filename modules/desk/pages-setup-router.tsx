import {
  Button,
  definePage,
  Fold,
  Form,
  LinkButton,
  Panel,
  PanelBody,
  Said,
  UserText,
  type Desk,
} from '@lango/kernel/ui'
import { addRouter, listRouters } from '../network/index.ts'
import { suggestedGateway } from './network-form.ts'
import { NetworkForm, told } from './network-parts.tsx'
import { stepHref } from '../setup/index.ts'
import { healthByRouter, routerHref, StateMark, stateOf, wordsOf, type Router } from './router-facts.tsx'
import { MoreFields, problemsOf, RouterFields, settingsIn } from './router-form.tsx'
import { stepPage } from './setup-parts.tsx'
import { setupWordsOf } from './words-setup.ts'

const LOOK_SEC = 5
/** More than anybody adds before the first login; the others stand under Routers. */
const SHOWN_MAX = 5

/** With the way back here. */
const scriptHref = (router: Pick<Router, 'id' | 'name'>): string =>
  routerHref(router, '/script?service=hotspot&watch=yes&setup=yes')

const There = async ({ desk, routers }: { desk: Desk; routers: readonly Router[] }) => {
  const words = setupWordsOf(desk)
  const health = await healthByRouter(desk)
  const isWaiting = routers.some(({ no }) => !health.has(no))
  return (
    <Panel title={words.routerThere}>
      <ul class="lines">
        {routers.slice(0, SHOWN_MAX).map((router) => (
          <li key={router.id} class="line-row">
            <span>
              <b>
                <UserText text={router.name} />
              </b>{' '}
              <a href={scriptHref(router)}>{words.showScript}</a>
              <br />
              <span class="muted">
                <UserText text={router.address} />
              </span>
            </span>
            <StateMark desk={desk} state={stateOf(health.get(router.no), desk.now)} />
          </li>
        ))}
      </ul>
      <PanelBody>
        {isWaiting ? <p class="muted">{words.heardNote}</p> : null}
        <p class="button-row">
          <LinkButton href={`${stepHref.router}?another=yes`}>{words.anotherRouter}</LinkButton>
        </p>
      </PanelBody>
    </Panel>
  )
}

/** The other way: the box's own ports in a router's place, on an image with two of them. */
const GatewayForm = async ({ desk }: { desk: Desk }) => {
  const words = setupWordsOf(desk)
  const now = await told(desk)
  if (!now.ok || !now.value.isAppliance) return null
  const { ports, status } = now.value
  const suggested = suggestedGateway(ports)
  if (suggested === undefined || status?.plan?.role === 'gateway') return null
  return (
    <Panel title={words.gateway}>
      <PanelBody>
        <p>{words.gatewayBody}</p>
        <Fold title={words.gatewayPorts} note={words.gatewayNote} open={false}>
          <NetworkForm desk={desk} plan={suggested} ports={ports} />
        </Fold>
      </PanelBody>
    </Panel>
  )
}

/** A router that asks this box. */
const AddForm = ({ desk }: { desk: Desk }) => {
  const words = setupWordsOf(desk)
  return (
    <Panel title={words.router}>
      <PanelBody>
        <p>{words.routerBody}</p>
        <Form action={desk.here} deed="add" once={desk.once()}>
          <RouterFields desk={desk} deed="add" before={{}} />
          <MoreFields desk={desk} deed="add" before={{}} />
          <Button kind="main">{words.addRouter}</Button>
        </Form>
        <p class="muted">{words.noRouterYet}</p>
      </PanelBody>
    </Panel>
  )
}

export const setupRouterPage = definePage({
  path: stepHref.router,
  permission: 'routers.write',
  async show(desk) {
    const words = setupWordsOf(desk)
    const routers = await desk.ask(listRouters, {})
    const asksAnother = desk.search.get('another') === 'yes' || desk.refused !== undefined
    const isAdding = routers.length === 0 || asksAnother
    const page = stepPage({
      desk,
      step: 'router',
      isDone: routers.length > 0,
      children: (
        <>
          <Said desk={desk} words={{ restarts: words.restarts }}>
            <p>{words.restartsBody}</p>
          </Said>
          {isAdding ? <AddForm desk={desk} /> : await There({ desk, routers })}
          {isAdding && desk.may('settings.write') ? await GatewayForm({ desk }) : null}
        </>
      ),
    })
    return isAdding ? page : { ...page, refreshSec: LOOK_SEC }
  },
  deeds: {
    add: {
      permission: 'routers.write',
      async run(desk) {
        const words = wordsOf(desk)
        const { settings, problems } = settingsIn(desk.fields, words)
        if (Object.keys(problems).length > 0) return { problems }
        const { fields } = desk
        const added = await desk.tell(addRouter, {
          name: fields.get('name'),
          address: fields.get('address'),
          ...settings,
        })
        if (added.ok) return { go: scriptHref(added.value) }
        const beside = problemsOf(added.error, words)
        return beside === undefined ? { fault: added.error } : { problems: beside }
      },
    },
  },
})
