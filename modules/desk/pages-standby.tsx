/** Whether the box has a standby, and how that does. What changes it is said at the box itself: it gives all that it knows away. */
import {
  definePage,
  Facts,
  formatExact,
  formatNumber,
  Panel,
  PanelBody,
  Status,
  UserText,
  visible,
  type Desk,
} from '@lango/kernel/ui'
import { SettingsHead } from './settings-tabs.tsx'
import { wordsOf } from './words-standby.ts'

const PATH = '/settings/standby'
const LOOK_AGAIN_SEC = 10

/** As the box tells it (`standby.status`). */
type Pair = {
  readonly role: 'alone' | 'primary' | 'standby'
  readonly term: number
  readonly peer: { readonly name: string; readonly host: string } | null
  readonly link: 'away' | 'catching-up' | 'in-sync'
  /** Epoch ms, here and below. */
  readonly since: number
  readonly tookOver: { readonly at: number; readonly missingSince: number } | null
}

const None = ({ desk }: { desk: Desk }) => {
  const words = wordsOf(desk)
  return (
    <Panel title={words.none}>
      <PanelBody>
        <p>{words.noneHelp}</p>
        <p>
          {words.make} <code>lango standby pair</code>
        </p>
        <p>
          {words.join} <code>{`lango standby join ${desk.host} --code …`}</code>
        </p>
      </PanelBody>
    </Panel>
  )
}

const linkMark = (desk: Desk, { link }: Pair) => {
  const words = wordsOf(desk)
  if (link === 'in-sync') return <Status meaning="good">{words.inSync}</Status>
  return <Status meaning="attention">{link === 'away' ? words.away : words.catchingUp}</Status>
}

const State = ({ desk, pair }: { desk: Desk; pair: Pair }) => {
  const words = wordsOf(desk)
  const { peer, tookOver } = pair
  const name = peer ? `${visible(peer.name)} (${visible(peer.host)})` : ''
  return (
    <Panel title={words.standby} note={linkMark(desk, pair)}>
      <PanelBody>
        <Facts
          facts={[
            [words.other, <UserText key="other" text={name} />],
            [words.since, formatExact(pair.since, desk.locale)],
            [words.term, formatNumber(pair.term - 1, desk.locale)],
            ...(tookOver
              ? ([
                  [words.tookOver, formatExact(tookOver.at, desk.locale)],
                  [words.completeUntil, formatExact(tookOver.missingSince, desk.locale)],
                ] as const)
              : []),
          ]}
        />
        <p>{pair.link === 'in-sync' ? words.inSyncHelp : words.alone}</p>
        {tookOver ? <p>{words.missing}</p> : null}
        <p>
          {words.promote} <code>lango standby promote</code>
        </p>
      </PanelBody>
    </Panel>
  )
}

export const standbyPage = definePage({
  path: PATH,
  permission: 'settings.read',
  async show(desk) {
    const told = await desk.box<Pair>('standby.status', {})
    const pair = told.ok && told.value.role !== 'alone' ? told.value : undefined
    return {
      title: wordsOf(desk).standby,
      content: (
        <>
          <SettingsHead desk={desk} current={PATH} />
          {pair ? <State desk={desk} pair={pair} /> : <None desk={desk} />}
        </>
      ),
      ...(pair && pair.link !== 'in-sync' ? { refreshSec: LOOK_AGAIN_SEC } : {}),
    }
  },
})
