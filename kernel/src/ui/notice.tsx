import type { ComponentChildren } from 'preact'
import type { Locale } from './locale.ts'
import type { Meaning } from './status.tsx'
import { Sentence } from './text.tsx'

type NoticeProps = {
  meaning: Meaning
  title: string
  /** Why, and what to do. */
  children?: ComponentChildren
}

/** Something the person should know before going on: what happened, why, what to do. */
export const Notice = ({ meaning, title, children }: NoticeProps) => (
  <div class={`notice notice-${meaning}`} role={meaning === 'stopped' ? 'alert' : 'status'}>
    <p class={`notice-title status status-${meaning}`}>{title}</p>
    {children === undefined ? null : <div class="notice-body">{children}</div>}
  </div>
)

/** Stands where a list would: what this is, and how to make the first one. */
export const EmptyState = ({ title, children }: { title: string; children: ComponentChildren }) => (
  <div class="empty">
    <p class="empty-title">{title}</p>
    <div class="empty-body">{children}</div>
  </div>
)

type WhyProps = {
  locale: Locale
  /** The state in a sentence, when it is not said elsewhere: stands before the word and opens with it. */
  lead?: ComponentChildren
  /** What the state rests on; text between backticks is a command. */
  reason?: string
  remedy?: string | undefined
  /** The facts behind it, by name. */
  facts?: readonly (readonly [string, ComponentChildren])[]
  open?: boolean
}

/** Beside every derived state: opens the cause, what to do about it and the facts. Needs no script. */
export const Why = ({ locale, lead, reason, remedy = '', facts = [], open = false }: WhyProps) => (
  <details class="why" open={open}>
    <summary>
      {lead === undefined ? null : <span class="why-lead">{lead}</span>}
      <span class="why-word">{locale.words.why}</span>
    </summary>
    <div class="why-body">
      {reason === undefined ? null : (
        <p>
          <Sentence text={reason} />
        </p>
      )}
      {remedy === '' ? null : (
        <p>
          <b>{locale.words.whatToDo}:</b> <Sentence text={remedy} />
        </p>
      )}
      {facts.length === 0 ? null : (
        <dl class="facts">
          {facts.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  </details>
)
