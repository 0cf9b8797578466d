import { UserText, type Desk } from '@lango/kernel/ui'
import { recordLines, type RecordLine } from './audit-lines.ts'
import { wordsOf } from './words.ts'

/** Lines in the row itself; the others are behind it. */
const LEAD_LINES = 3

const lineText = ({ field, from, to }: RecordLine): string => {
  const value = from === undefined ? to : `${from === '' ? '–' : from} → ${to === '' ? '–' : to}`
  return field === '' ? value : `${field}: ${value}`
}

const Value = ({ line }: { line: RecordLine }) =>
  line.from === undefined ? (
    <UserText text={line.to} />
  ) : (
    <>
      <UserText text={line.from === '' ? '–' : line.from} /> → <UserText text={line.to === '' ? '–' : line.to} />
    </>
  )

export const leadOf = (record: unknown): string => recordLines(record).slice(0, LEAD_LINES).map(lineText).join(' · ')

/** What was changed, in words; the record as it stands in the log behind it. */
export const AuditDetails = ({ desk, record }: { desk: Desk; record: unknown }) => {
  const lines = recordLines(record)
  if (lines.length === 0) return null
  return (
    <details class="why">
      <summary>
        <span class="why-lead">
          <UserText text={leadOf(record)} />
        </span>
      </summary>
      <div class="why-body">
        <dl class="facts">
          {lines.map((line) => (
            <div key={line.field}>
              <dt>{line.field}</dt>
              <dd>
                <Value line={line} />
              </dd>
            </div>
          ))}
        </dl>
        <details>
          <summary>{wordsOf(desk).asRecorded}</summary>
          <pre class="record">{JSON.stringify(record, undefined, 1)}</pre>
        </details>
      </div>
    </details>
  )
}
