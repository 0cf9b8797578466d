import { Button, Form, Panel, PanelBody, Select, type Deed, type Desk } from '@lango/kernel/ui'
import { wordsOf } from './pages-staff.tsx'
import { auditExported } from './trail.ts'

const formats = ['json', 'csv'] as const
type Format = (typeof formats)[number]

type Made = {
  readonly body: string
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

const typeOf = { json: 'application/jsonl; charset=utf-8', csv: 'text/csv; charset=utf-8' } as const

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
    const { body, rows, sha256, filters } = made.value
    const recorded = await desk.tell(auditExported, { format, filters, rows, sha256 })
    if (!recorded.ok) return { fault: recorded.error }
    const name = `audit-${new Date(desk.now).toISOString().slice(0, 10)}.${format === 'csv' ? 'csv' : 'jsonl'}`
    return { file: { name, type: typeOf[format], body } }
  },
}
