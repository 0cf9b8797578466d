/** What a subscriber used lately, by day. */
import { Bars, formatBytes, Panel, PanelBody, Table, type Column, type Desk } from '@lango/kernel/ui'
import type { ResultOf } from '@lango/kernel/db'
import { usageByHour } from '../sessions/index.ts'
import { wordsOf } from './words.ts'

type Hour = ResultOf<typeof usageByHour>[number]

const DAY_MS = 86_400_000
const USAGE_DAYS = 30

/** By the hour, of the days that the panel shows. */
export const usageLately = (desk: Desk, grantNo: number): Promise<readonly Hour[]> =>
  desk.ask(usageByHour, { grantNo, fromAt: desk.now - USAGE_DAYS * DAY_MS, toAt: desk.now + DAY_MS })

/** Usage by the site's days, oldest first, days without any too. */
const byDay = (hours: readonly Hour[], desk: Desk) => {
  const day = new Intl.DateTimeFormat('sv-SE', { timeZone: desk.locale.timeZone })
  const days = new Map(
    Array.from({ length: USAGE_DAYS }, (_, at) => [
      day.format(desk.now - (USAGE_DAYS - 1 - at) * DAY_MS),
      { down: 0, up: 0 },
    ]),
  )
  for (const { hourAt, inputOctets, outputOctets } of hours) {
    const one = days.get(day.format(hourAt))
    if (!one) continue
    one.down += outputOctets
    one.up += inputOctets
  }
  return [...days].map(([date, used]) => ({ date, ...used }))
}

export const UsagePanel = ({ desk, hours }: { desk: Desk; hours: readonly Hour[] }) => {
  const words = wordsOf(desk)
  const { locale } = desk
  const days = byDay(hours, desk)
  const used = days.filter(({ down, up }) => down + up > 0)
  const columns: readonly Column<(typeof days)[number]>[] = [
    { id: 'day', head: words.day, width: 'l', card: 'title', digits: true, value: ({ date }) => date },
    { id: 'down', head: words.down, width: 'm', figures: true, value: ({ down }) => formatBytes(down, locale) },
    { id: 'up', head: words.up, width: 'm', figures: true, value: ({ up }) => formatBytes(up, locale) },
    {
      id: 'total',
      head: words.total,
      width: 'm',
      figures: true,
      value: ({ down, up }) => formatBytes(down + up, locale),
    },
  ]
  const total = used.reduce((sum, { down, up }) => sum + down + up, 0)
  return (
    <Panel title={words.usage} note={formatBytes(total, locale)}>
      <PanelBody>
        {used.length === 0 ? (
          <p class="muted">{words.usageNone}</p>
        ) : (
          <>
            <Bars
              title={words.usage}
              bars={days.map(({ date, down, up }) => ({
                label: `${date}: ${words.down} ${formatBytes(down, locale)}, ${words.up} ${formatBytes(up, locale)}`,
                parts: [down, up],
              }))}
              classes={['down', 'up']}
            />
            <p class="legend">
              <span class="down">■</span> {words.down} <span class="up">■</span> {words.up}
            </p>
            <details class="more">
              <summary>{words.day}</summary>
              <Table
                name="usage"
                caption={words.usage}
                columns={columns}
                rows={used.toReversed()}
                rowKey={({ date }) => date}
              />
            </details>
          </>
        )}
      </PanelBody>
    </Panel>
  )
}
