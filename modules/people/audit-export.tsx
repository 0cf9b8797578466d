import { zip } from '@lango/kernel'
import { Button, Form, Panel, PanelBody, Select, type Deed, type Desk } from '@lango/kernel/ui'
import { wordsOf } from './words.ts'
import { auditExported } from './trail.ts'

const formats = ['json', 'csv'] as const
type Format = (typeof formats)[number]

type Made = {
  readonly body: string
  /** Of a CSV: what stands in `FILE.sig`, as `lango audit verify FILE` looks for it. */
  readonly signature?: string
  readonly rows: number
  readonly sha256: string
  readonly filters: Readonly<Record<string, string | number>>
}

export const AuditExport = ({ desk }: { desk: Desk }) => {
  const words = wordsOf(desk)
  return (
    <Panel title={words.takeAway}>
      <PanelBody>
        <p>{words.takeAwayBody}</p>
        <Form action={desk.here} deed="export" once={desk.once()}>
          <Select
            label={words.format}
            name="format"
            value="json"
            options={formats.map((value) => ({ value, label: words[value] }))}
          />
          <Button>{words.download}</Button>
        </Form>
      </PanelBody>
    </Panel>
  )
}

/** JSON is signed within; a CSV is given together with its signature. */
const fileOf = (day: string, { body, signature }: Made) => {
  if (signature === undefined) return { name: `audit-${day}.jsonl`, type: 'application/jsonl; charset=utf-8', body }
  const csv = `audit-${day}.csv`
  const files = [
    { name: csv, content: body },
    { name: `${csv}.sig`, content: signature },
  ]
  return { name: `audit-${day}.zip`, type: 'application/zip', body: zip(files) }
}

/** What the page shows now, as a file. That somebody took it is recorded before they have it. */
export const exportAudit: Deed = {
  permission: 'audit.read',
  async run(desk) {
    const format: Format = desk.fields.get('format') === 'csv' ? 'csv' : 'json'
    const made = await desk.box<Made>('audit.export', {
      format,
      actorId: desk.search.get('actor') || undefined,
      command: desk.search.get('command') || undefined,
      outcome: desk.search.get('outcome') || undefined,
    })
    if (!made.ok) return { fault: made.error }
    const { rows, sha256, filters } = made.value
    const recorded = await desk.tell(auditExported, { format, filters, rows, sha256 })
    if (!recorded.ok) return { fault: recorded.error }
    return { file: fileOf(new Date(desk.now).toISOString().slice(0, 10), made.value) }
  },
}
