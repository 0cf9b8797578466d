import { Field, valuesFor, type Desk, type DoingDesk } from '@lango/kernel/ui'

type LineProps = { desk: Desk; deed: string; name: string; label: string; set?: string; help?: string }
type Line = LineProps & { type?: 'password'; required?: boolean }

/** A line of a form of this deed; a secret is never shown again. */
export const FormLine = ({ desk, deed, name, set = '', ...rest }: Line) => {
  const form = valuesFor(desk, deed)
  const value = rest.type === 'password' ? '' : form.value(name, set)
  return <Field locale={desk.locale} name={name} value={value} {...rest} {...form.error(name)} />
}

/** Nothing typed: the one that is set stays. */
export const secretIn = ({ fields }: DoingDesk, name: string): { secret?: string } => {
  const secret = fields.get(name)
  return secret === '' ? {} : { secret }
}
