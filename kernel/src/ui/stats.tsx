import type { ComponentChildren } from 'preact'

export type Stat = {
  readonly id: string
  readonly label: string
  readonly value: ComponentChildren
  /** Beside the figure: a unit, or what it is a part of. */
  readonly note?: string
}

/** The handful of figures that answer "how is it going", in one strip. A live page repaints each by its id. */
export const StatStrip = ({ stats, label }: { stats: readonly Stat[]; label: string }) => (
  <dl class="stats" aria-label={label}>
    {stats.map((stat) => (
      <div class="stat" key={stat.id}>
        <dt>{stat.label}</dt>
        <dd>
          <span class="stat-value" data-slot={stat.id}>
            {stat.value}
          </span>
          {stat.note === undefined ? null : <span class="muted"> {stat.note}</span>}
        </dd>
      </div>
    ))}
  </dl>
)
