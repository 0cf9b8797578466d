/** What a desk types of a customer and of a service, in the forms that add and change them. */
import { Field, Select, valuesFor, type Desk } from '@lango/kernel/ui'
import { kindWord } from './pages-subscribers.tsx'
import { servicesWordsOf } from './words-services.ts'
import { wordsOf } from './words.ts'

type Known = Readonly<Record<string, string>>
type FieldsProps = {
  desk: Desk
  deed: string
  /** What stands there already; a new one has nothing. */
  known?: Known
}

const fieldsFor = (desk: Desk, deed: string, known: Known = {}) => {
  const form = valuesFor(desk, deed)
  return (name: string) => ({
    locale: desk.locale,
    name,
    value: form.value(name, known[name] ?? ''),
    ...form.error(name),
  })
}

/** A customer is asked for the language once there is one. */
export const CustomerFields = ({ desk, deed, known }: FieldsProps) => {
  const words = wordsOf(desk)
  const services = servicesWordsOf(desk)
  const field = fieldsFor(desk, deed, known)
  return (
    <div class="form-columns">
      <Field {...field('name')} label={words.name} autoComplete="off" />
      <Field {...field('phone')} label={words.phone} type="tel" inputMode="tel" />
      <Field {...field('email')} label={words.email} type="email" />
      {known === undefined ? null : (
        <Select
          label={services.language}
          name="language"
          value={field('language').value}
          options={[
            { value: 'en', label: 'English' },
            { value: 'sw', label: 'Kiswahili' },
          ]}
        />
      )}
    </div>
  )
}

const rare = ['ip', 'mac', 'vlan', 'serial'] as const

export const ServiceFields = ({
  desk,
  deed,
  plans,
  known,
}: FieldsProps & { plans: readonly { readonly name: string; readonly kind: string; readonly status: string }[] }) => {
  const words = wordsOf(desk)
  const form = valuesFor(desk, deed)
  const field = fieldsFor(desk, deed, known)
  const sold = plans.filter(({ name, status }) => status === 'active' || name === known?.['plan'])
  return (
    <>
      <div class="form-columns">
        <Select
          label={words.plan}
          name="plan"
          value={form.value('plan', known?.['plan'] ?? sold[0]?.name ?? '')}
          options={sold.map(({ name, kind }) => ({ value: name, label: `${name} (${kindWord(kind, words)})` }))}
          {...form.error('plan')}
        />
        {known === undefined ? (
          <Field {...field('login')} label={words.login} required autoComplete="off" help={words.loginHelp} />
        ) : null}
        <Field
          {...field('password')}
          value=""
          label={words.password}
          autoComplete="off"
          help={known === undefined ? words.passwordHelp : words.newPasswordHelp}
        />
      </div>
      <details class="more" open={rare.some((name) => field(name).value !== '')}>
        <summary>{words.more}</summary>
        <div class="form-columns">
          <Field {...field('ip')} label={words.ip} inputMode="decimal" />
          <Field {...field('mac')} label={words.mac} />
          <Field {...field('vlan')} label={words.vlan} inputMode="numeric" />
          <Field {...field('serial')} label={words.serial} />
        </div>
      </details>
    </>
  )
}
