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
  type?: 'text' | 'password' | 'tel' | 'email' | 'search'
  inputMode?: 'text' | 'numeric' | 'decimal' | 'tel'
  required?: boolean
  disabled?: boolean
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
  type = 'text',
  ...rest
}: FieldProps) => {
  const notes = [help === undefined ? '' : `${name}-help`, error === undefined ? '' : `${name}-error`]
  const describedBy = notes.filter(Boolean).join(' ')
  // Preact's types pair a role with each single type and cannot follow a choice of them.
  const typed = { type } as { type: 'text' }
  return (
    <div class="field">
      <label for={`${name}-field`}>
        {label}
        {required ? null : <span class="muted"> ({locale.words.optional})</span>}
      </label>
      <span class="field-box">
        <input
          id={`${name}-field`}
          name={name}
          {...typed}
          required={required}
          {...rest}
          aria-describedby={describedBy === '' ? undefined : describedBy}
          aria-invalid={error === undefined ? undefined : 'true'}
        />
        {unit === undefined ? null : <span class="field-unit">{unit}</span>}
      </span>
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
    </div>
  )
}

type ChoiceProps = {
  label: string
  name: string
  value: string
  options: readonly { readonly value: string; readonly label: string }[]
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
