/** Pieces that detail pages and lists are put together from. */
import type { ComponentChildren } from 'preact'
import { UNKNOWN } from './format.ts'
import { Button, Form } from './form.tsx'
import type { Desk } from './desk.ts'
import type { Locale } from './locale.ts'
import { Notice } from './notice.tsx'

/** A title with what stands beside it, and the one or two main actions at the end. */
export const PageHead = ({
  title,
  beside,
  children,
}: {
  title: ComponentChildren
  beside?: ComponentChildren
  children?: ComponentChildren
}) => (
  <div class="page-head">
    <h1>{title}</h1>
    {beside}
    {children === undefined ? null : <span class="page-head-end">{children}</span>}
  </div>
)

/** A link that looks like a button: to the page of a form. */
export const LinkButton = ({
  href,
  kind = 'plain',
  children,
}: {
  href: string
  kind?: 'main' | 'plain'
  children: ComponentChildren
}) => (
  <a class={`button button-${kind}`} href={href}>
    {children}
  </a>
)

/** One deed behind one button, with what it needs to know in hidden fields. */
export const DeedButton = ({
  desk,
  deed,
  fields = {},
  kind = 'plain',
  children,
}: {
  desk: Pick<Desk, 'here' | 'once'>
  deed: string
  fields?: Readonly<Record<string, string>>
  kind?: 'main' | 'plain' | 'danger'
  children: ComponentChildren
}) => (
  <Form action={desk.here} deed={deed} once={desk.once()} inline>
    {Object.entries(fields).map(([name, value]) => (
      <input key={name} type="hidden" name={name} value={value} />
    ))}
    <Button kind={kind}>{children}</Button>
  </Form>
)

/** A box around a part of the page, with its heading. */
export const Panel = ({
  title,
  note,
  id,
  children,
}: {
  title: string
  note?: ComponentChildren
  id?: string
  children: ComponentChildren
}) => (
  <section class="panel" id={id}>
    <div class="panel-head">
      <h2>{title}</h2>
      {note === undefined ? null : <span class="panel-note">{note}</span>}
    </div>
    {children}
  </section>
)

/** The inside of a panel that holds no table. */
export const PanelBody = ({ children }: { children: ComponentChildren }) => <div class="panel-body">{children}</div>

export type Fact = readonly [name: string, value: ComponentChildren]

/** The facts of one thing, by name, in a strip that wraps. */
export const Facts = ({ facts }: { facts: readonly Fact[] }) => (
  <dl class="fact-strip">
    {facts.map(([name, value]) => (
      <div key={name}>
        <dt>{name}</dt>
        <dd>{value === '' || value == null ? UNKNOWN : value}</dd>
      </div>
    ))}
  </dl>
)

export type Tab = { readonly href: string; readonly label: string; readonly current: boolean }

/** Tabs are addresses: each can be linked to, and the back button goes through them. */
export const Tabs = ({ tabs, label }: { tabs: readonly Tab[]; label: string }) => (
  <nav class="tabs" aria-label={label}>
    {tabs.map((tab) => (
      <a key={tab.href} href={tab.href} aria-current={tab.current ? 'page' : undefined}>
        {tab.label}
      </a>
    ))}
  </nav>
)

/** The address of this page with other values in its query; '' takes one out. */
export const withSearch = (
  { here }: Pick<Desk, 'here'>,
  changes: Readonly<Record<string, string>>,
  path = here.split('?')[0]!,
): string => {
  const search = new URLSearchParams(here.split('?')[1] ?? '')
  for (const [name, value] of Object.entries(changes)) {
    if (value === '') search.delete(name)
    else search.set(name, value)
  }
  const text = search.toString()
  return text === '' ? path : `${path}?${text}`
}

type Bar = { readonly label: string; readonly parts: readonly number[] }

const CHART = { width: 720, height: 160 }

/**
 * Bars over time, each of stacked parts, drawn on the server: it needs no script, weighs little and prints. The table of
 * the same figures stands beside it on the page.
 */
export const Bars = ({ title, bars, classes }: { title: string; bars: readonly Bar[]; classes: readonly string[] }) => {
  const most = Math.max(1, ...bars.map(({ parts }) => parts.reduce((sum, part) => sum + part, 0)))
  const step = CHART.width / Math.max(bars.length, 1)
  const width = Math.max(1, Math.min(step * 0.8, 40))
  return (
    <svg
      class="chart"
      viewBox={`0 0 ${CHART.width} ${CHART.height}`}
      role="img"
      aria-label={title}
      preserveAspectRatio="none"
    >
      {bars.map(({ label, parts }, at) => {
        let top = CHART.height
        return (
          <g key={label}>
            <title>{label}</title>
            {parts.map((part, which) => {
              const height = (part / most) * CHART.height
              top -= height
              return (
                <rect
                  key={classes[which]}
                  class={classes[which]}
                  x={(at * step + (step - width) / 2).toFixed(1)}
                  y={top.toFixed(1)}
                  width={width.toFixed(1)}
                  height={height.toFixed(1)}
                />
              )
            })}
          </g>
        )
      })}
    </svg>
  )
}

/** What was just done, said by the page that one comes back to; `said` is a word of the page's own, never text. */
export const Said = ({
  desk,
  words,
  children,
}: {
  desk: Pick<Desk, 'search'>
  words: Readonly<Record<string, string>>
  children?: ComponentChildren
}) => {
  const said = desk.search.get('said') ?? ''
  const sentence = Object.hasOwn(words, said) ? words[said] : undefined
  if (sentence === undefined) return null
  return (
    <Notice meaning="good" title={sentence}>
      {children}
    </Notice>
  )
}

/** Why the form above was refused, where that belongs to no field. */
export const RefusedNote = ({ desk, deed }: { desk: Pick<Desk, 'refused'>; deed?: string }) => {
  const { refused } = desk
  if (refused?.sentence === undefined || (deed !== undefined && refused.deed !== deed)) return null
  return <Notice meaning="stopped" title={refused.sentence} />
}

/** What a form of this page shows in its fields: what was typed when it was refused, else what is given here. */
export const valuesFor = (
  desk: Pick<Desk, 'refused'>,
  deed: string,
): { value(name: string, otherwise?: string): string; error(name: string): { error?: string } } => {
  const refused = desk.refused?.deed === deed ? desk.refused : undefined
  return {
    value: (name, otherwise = '') => (refused ? refused.fields.get(name) : otherwise),
    error(name) {
      const error = refused?.problems[name]
      return error === undefined ? {} : { error }
    },
  }
}

/** A QR code of these cells, dark on light in both schemes: cameras want it so. */
export const QrCode = ({ cells, title }: { cells: readonly (readonly boolean[])[]; title: string }) => {
  const dark = cells.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])))
  return (
    <svg class="qr" viewBox={`0 0 ${cells.length} ${cells.length}`} role="img" aria-label={title}>
      <path d={dark.join('')} />
    </svg>
  )
}

/** Copies the text of the element with this id. Where no script can do that the button is not there. */
export const CopyButton = ({ of, locale: { words } }: { of: string; locale: Locale }) => (
  <button class="button" type="button" data-copy={of} data-copied={words.copied} hidden>
    {words.copy}
  </button>
)
