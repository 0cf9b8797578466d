/** What the box has measured that it can do, and how near its load comes to that. */
import {
  Ago,
  DeedButton,
  Facts,
  fill,
  formatBytes,
  formatExact,
  formatNumber,
  Notice,
  Panel,
  PanelBody,
  visible,
  type Desk,
} from '@lango/kernel/ui'
import type { Ceiling } from '../../bench-self/ceiling.ts'
import type { BenchState } from '../../bench-self/service.ts'
import { RELEASED_AT } from '../../site.ts'
import { faultSentenceIn } from '../fault-words.ts'
import { wordsOf } from './words.ts'

export const MEASURE = 'settings.write'
/** Above this what else ran has taken a good part of the measurement. */
const BUSY_SHARE = 0.3

const percent = (share: number, { locale }: Desk): string =>
  `${(share < 0.1 ? locale.tenths : locale.whole).format(share * 100)} %`

const Measured = ({ ceiling, state, desk }: { ceiling: Ceiling; state: BenchState; desk: Desk }) => {
  const words = wordsOf(desk)
  const { locale, now } = desk
  const rate = ({ perSec, p95Ms }: Ceiling['logins']): string =>
    fill(words.perSecOf, { n: formatNumber(Math.round(perSec), locale), ms: formatNumber(Math.ceil(p95Ms), locale) })
  const { busiest } = state
  const { cpuShareBefore = 0, processors, processor, memoryOctets, lost, releasedAt } = ceiling
  const memory = formatBytes(memoryOctets, locale)
  return (
    <>
      <p>
        {busiest === undefined
          ? words.busiestNone
          : fill(words.busiest, { time: formatExact(busiest.from, locale), share: percent(busiest.share, desk) })}
      </p>
      <Facts
        facts={[
          [words.logins, rate(ceiling.logins)],
          [words.accounting, rate(ceiling.accounting)],
          [words.measured, <Ago key="at" at={ceiling.at} now={now} locale={locale} />],
          [words.machine, fill(words.machineOf, { n: String(processors), processor: visible(processor), memory })],
          ...(ceiling.disk === undefined ? [] : [[words.disk, visible(ceiling.disk)] as const]),
        ]}
      />
      {cpuShareBefore > BUSY_SHARE ? <p>{fill(words.wasBusy, { share: percent(cpuShareBefore, desk) })}</p> : null}
      {lost > 0 ? <p>{fill(words.lost, { n: formatNumber(lost, locale) })}</p> : null}
      {releasedAt === RELEASED_AT ? null : <p>{words.otherRelease}</p>}
    </>
  )
}

const Buttons = ({ state, desk }: { state: BenchState; desk: Desk }) => {
  const words = wordsOf(desk)
  if (state.running !== undefined)
    return (
      <DeedButton desk={desk} deed="stop">
        {words.ceilingStop}
      </DeedButton>
    )
  return (
    <DeedButton desk={desk} deed="measure">
      {state.ceiling === undefined ? words.ceilingMeasure : words.ceilingAgain}
    </DeedButton>
  )
}

export const CeilingPanel = ({ state, desk }: { state: BenchState; desk: Desk }) => {
  const words = wordsOf(desk)
  const { ceiling, running, fault } = state
  return (
    <Panel title={words.ceiling} id="ceiling">
      <PanelBody>
        {running === undefined ? null : <p role="status">{words.ceilingRunning}</p>}
        {fault === undefined ? null : (
          <Notice meaning="attention" title={faultSentenceIn(desk.locale.lang, fault) ?? fault.type} />
        )}
        {ceiling === undefined ? (
          <p class="muted">{words.ceilingNone}</p>
        ) : (
          <Measured ceiling={ceiling} state={state} desk={desk} />
        )}
        {desk.may(MEASURE) ? <Buttons state={state} desk={desk} /> : null}
      </PanelBody>
    </Panel>
  )
}
