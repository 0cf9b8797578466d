/** What somebody should know of the box's standby. */
import { existsSync } from 'node:fs'
import { localTime } from '../cli/format.ts'
import { attention, DAY_MS, fine, found, type Check } from '../doctor/check.ts'
import type { PairStatus } from './pair-state.ts'

const NAME = 'standby'
/** That a box took over is told for so long: whoever looks once a week has seen it. */
const TOLD_FOR_MS = 7 * DAY_MS

export const checkPair = ({ role, peer, link, since, tookOver, setAside }: PairStatus, now: number): Check[] => {
  if (role === 'alone') return []
  const name = peer?.name ?? ''
  return [
    link === 'in-sync'
      ? fine(NAME, `${role === 'standby' ? 'This box' : `The standby ${name}`} has everything.`)
      : role === 'standby'
        ? attention(
            NAME,
            `This box has not heard ${name} since ${localTime(since)}, or still lacks something: it could not take over without a loss.`,
            'Is the other box there? See: lango standby status',
          )
        : found(NAME, 'attention', { type: 'standby-away', name, isCatchingUp: link === 'catching-up', since }),
    ...(tookOver && now - tookOver.at < TOLD_FOR_MS
      ? [found('took-over', 'attention', { type: 'took-over', name, ...tookOver })]
      : []),
    ...(setAside && existsSync(setAside.dir)
      ? [found('set-aside', 'attention', { type: 'set-aside', ...setAside })]
      : []),
  ]
}
