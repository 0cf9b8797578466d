/** The text format of Prometheus (exposition 0.0.4). */
export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

export type Labels = Readonly<Record<string, string>>
export type Sample = { readonly value: number; readonly labels?: Labels }
/** `counts`: how many fell into each bucket, and above the last one; `bounds` in the metric's own unit. */
export type Histogram = {
  readonly bounds: readonly number[]
  readonly counts: readonly number[]
  readonly sum: number
  readonly labels?: Labels
}

export type Metric = { readonly name: string; readonly help: string } & (
  | { readonly type: 'counter' | 'gauge'; readonly samples: readonly Sample[] }
  | { readonly type: 'histogram'; readonly samples: readonly Histogram[] }
)

export const exposition = (metrics: readonly Metric[]): string => metrics.map(metricText).join('')

const metricText = (metric: Metric): string => {
  const { name, help, type } = metric
  const lines =
    metric.type === 'histogram'
      ? metric.samples.flatMap((sample) => histogramLines(name, sample))
      : metric.samples.map(({ value, labels }) => line(name, labels, value))
  return [`# HELP ${name} ${escaped(help)}`, `# TYPE ${name} ${type}`, ...lines, ''].join('\n')
}

/** Each bucket holds those of the buckets before it too. */
const histogramLines = (name: string, { bounds, counts, sum, labels }: Histogram): string[] => {
  let below = 0
  const buckets = counts.map((count, at) => {
    below += count
    return line(`${name}_bucket`, { ...labels, le: at < bounds.length ? String(bounds[at]) : '+Inf' }, below)
  })
  return [...buckets, line(`${name}_sum`, labels, sum), line(`${name}_count`, labels, below)]
}

const line = (name: string, labels: Labels = {}, value: number): string => {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text).replaceAll('"', '\\"')}"`)
  return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}`
}

const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
