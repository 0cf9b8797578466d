import type { ComponentChildren } from 'preact'
import type { Locale } from './locale.ts'

type ButtonProps = {
  /** A verb: "Disconnect", not "OK". */
  children: ComponentChildren
  kind?: 'main' | 'plain' | 'danger'
  name?: string
  value?: string
  disabled?: boolean
  /** For a button that only the page's script acts on. */
  id?: string
}

/** A button that submits its form. What leads to another page is a link. */
export const Button = ({ children, kind = 'plain', id, ...rest }: ButtonProps) => (
  <button class={`button button-${kind}`} type={id === undefined ? 'submit' : 'button'} id={id} {...rest}>
    {children}
  </button>
)

/** What is wrong with a form's fields, by their names, in words that say what to do. */
export type Problems = Readonly<Record<string, string>>

type FormProps = {
  /** The page's own address. */
  action: string
  /** Which of the page's deeds is asked for. */
  deed: string
  once: string
  children: ComponentChildren
  /** Beside each other on one line: a search, a single button. */
  inline?: boolean
  /** Sends a file. */
  upload?: boolean
}

/** A form that does one deed of its page. It works without a script, and sent twice it is done once. */
export const Form = ({ action, deed, once, children, inline = false, upload = false }: FormProps) => (
  <form
    class={inline ? 'form form-inline' : 'form'}
    method="post"
    action={action}
    encType={upload ? 'multipart/form-data' : undefined}
  >
    <input type="hidden" name="do" value={deed} />
    <input type="hidden" name="once" value={once} />
    {children}
  </form>
)

type FieldProps = {
  label: string
  name: string
  locale: Locale
  value?: string
  /** Stands inside the field, at its end: Mbit/s, KSh. */
  unit?: string
  help?: string
  /** What to do about it, in words. */
  error?: string
  type?: 'text' | 'password' | 'tel' | 'email' | 'search' | 'date' | 'datetime-local' | 'time' | 'file'
  autoComplete?: string
  placeholder?: string
  inputMode?: 'text' | 'numeric' | 'decimal' | 'tel'
  required?: boolean
  disabled?: boolean
  /** A filter: nobody needs to be told that it is optional. */
  bare?: boolean
}

/** One labelled line of a form: label above, help and error below, unit inside. */
export const Field = ({
  label,
  name,
  locale,
  unit,
  help,
  error,
  required = false,
  bare = false,
  type = 'text',
  ...rest
}: FieldProps) => {
  const notes = notesOf({ name, help, error })
  // Preact's types pair a role with each single type and cannot follow a choice of them.
  const typed = { type } as { type: 'text' }
  return (
    <div class="field">
      <label for={`${name}-field`}>
        {label}
        {required || bare ? null : <span class="muted"> ({locale.words.optional})</span>}
      </label>
      <span class="field-box">
        <input id={`${name}-field`} name={name} {...typed} required={required} {...rest} {...notes} />
        {unit === undefined ? null : <span class="field-unit">{unit}</span>}
      </span>
      <Notes name={name} help={help} error={error} />
    </div>
  )
}

type NoteProps = { name: string; help: string | undefined; error: string | undefined }

const notesOf = ({ name, help, error }: NoteProps) => {
  const ids = [help === undefined ? '' : `${name}-help`, error === undefined ? '' : `${name}-error`].filter(Boolean)
  return {
    'aria-describedby': ids.length === 0 ? undefined : ids.join(' '),
    'aria-invalid': error === undefined ? undefined : ('true' as const),
  }
}

const Notes = ({ name, help, error }: NoteProps) => (
  <>
    {error === undefined ? null : (
      <p class="field-error status status-stopped" id={`${name}-error`}>
        {error}
      </p>
    )}
    {help === undefined ? null : (
      <p class="field-help muted" id={`${name}-help`}>
        {help}
      </p>
    )}
  </>
)

export type Option = { readonly value: string; readonly label: string }

type SelectProps = {
  label: string
  name: string
  value: string
  options: readonly Option[]
  help?: string
  error?: string
}

/** One of a list that is too long for buttons. */
export const Select = ({ label, name, value, options, help, error }: SelectProps) => (
  <div class="field">
    <label for={`${name}-field`}>{label}</label>
    <span class="field-box">
      <select id={`${name}-field`} name={name} {...notesOf({ name, help, error })}>
        {options.map((option) => (
          <option key={option.value} value={option.value} selected={option.value === value}>
            {option.label}
          </option>
        ))}
      </select>
    </span>
    <Notes name={name} help={help} error={error} />
  </div>
)

type CheckProps = { label: string; name: string; value?: string; checked?: boolean; help?: string }

/** Yes or no; several with one name are a choice of many. */
export const Check = ({ label, name, value = 'yes', checked = false, help }: CheckProps) => (
  <div class="check">
    <label>
      <input type="checkbox" name={name} value={value} checked={checked} />
      <span>{label}</span>
    </label>
    {help === undefined ? null : <p class="field-help muted">{help}</p>}
  </div>
)

type TextAreaProps = { label: string; name: string; value?: string; rows?: number; help?: string; error?: string }

export const TextArea = ({ label, name, value = '', rows = 4, help, error }: TextAreaProps) => (
  <div class="field">
    <label for={`${name}-field`}>{label}</label>
    <span class="field-box">
      <textarea id={`${name}-field`} name={name} rows={rows} {...notesOf({ name, help, error })}>
        {value}
      </textarea>
    </span>
    <Notes name={name} help={help} error={error} />
  </div>
)

type ChoiceProps = {
  label: string
  name: string
  value: string
  options: readonly Option[]
}

/** A few choices side by side, each a submit button of the form around it: works without a script. */
export const Choice = ({ label, name, value, options }: ChoiceProps) => (
  <fieldset class="choice">
    <legend>{label}</legend>
    <span class="choice-options">
      {options.map((option) => (
        <button
          key={option.value}
          type="submit"
          name={name}
          value={option.value}
          aria-pressed={option.value === value ? 'true' : 'false'}
        >
          {option.label}
        </button>
      ))}
    </span>
  </fieldset>
)

type FoldProps = {
  title: string
  /** What is behind it, in a few words. */
  note: string
  /** Something stands in its fields, or is wrong there. */
  open: boolean
  children: ComponentChildren
}

/** Fields that most forms of the kind leave empty, behind a line that opens them. Needs no script. */
export const Fold = ({ title, note, open, children }: FoldProps) => (
  <details class="fold" open={open}>
    <summary>
      <b>{title}</b> <span class="muted">{note}</span>
    </summary>
    <div class="form">{children}</div>
  </details>
)

/** Fields that say one thing together. */
export const FieldGroup = ({ title, children }: { title: string; children: ComponentChildren }) => (
  <fieldset class="field-group">
    <legend>{title}</legend>
    <div class="form">{children}</div>
  </fieldset>
)
