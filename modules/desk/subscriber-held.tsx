/** The router that holds a customer with a fixed address, who logs in nowhere. */
import type { ResultOf } from '@lango/kernel/db'
import { fill, Panel, PanelBody, Sentence, Status, UserText, type Desk } from '@lango/kernel/ui'
import { contains, listControls, listRouters, parseAddress, parseRange } from '../network/index.ts'
import type { showSubscriber } from '../services/index.ts'
import { controlStatusOf, controlWordsOf } from './router-control-state.tsx'
import { routerHref, type Router } from './router-facts.tsx'

type Subscriber = NonNullable<ResultOf<typeof showSubscriber>>

const holderOf = async (desk: Desk, { kind, grant }: Subscriber): Promise<Router | undefined> => {
  const at = grant.framedIp === null ? undefined : parseAddress(grant.framedIp)
  if (kind !== 'static' || !at || !desk.may('routers.read')) return undefined
  const controls = await desk.ask(listControls, {})
  const holder = controls.find(({ networks }) => networks.some(({ network }) => contains(parseRange(network)!, at)))
  return holder && (await desk.ask(listRouters, {})).find(({ id }) => id === holder.id)
}

export const HeldPanel = async ({ desk, subscriber }: { desk: Desk; subscriber: Subscriber }) => {
  const router = await holderOf(desk, subscriber)
  if (!router) return null
  const words = controlWordsOf(desk)
  const status = await controlStatusOf(desk, router.id)
  const isAway = status === undefined || status.fault !== undefined
  const isTroubled = status?.troubles.some(({ login }) => login === subscriber.login) === true
  const [meaning, word] = isAway
    ? (['stopped', words.failing] as const)
    : isTroubled
      ? (['attention', words.heldNot] as const)
      : (['good', words.kept] as const)
  return (
    <Panel title={words.heldAt}>
      <PanelBody>
        <p>
          <a href={routerHref(router, '/control')}>
            <UserText text={router.name} />
          </a>{' '}
          <Status meaning={meaning}>{word}</Status>
        </p>
        <p class="muted">
          <Sentence text={fill(words.heldNote, { address: subscriber.grant.framedIp ?? '' })} />
        </p>
      </PanelBody>
    </Panel>
  )
}
