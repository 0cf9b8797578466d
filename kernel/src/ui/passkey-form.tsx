import type { ComponentChildren } from 'preact'
import type { Locale } from './locale.ts'

type PasskeyFormProps = {
  locale: Locale
  action: string
  /** Where the page's script asks what the browser has to sign. */
  options: string
  children: ComponentChildren
}

/** A form that is sent with what a passkey signed. It shows where a script runs and the browser has passkeys. */
export const PasskeyForm = ({ locale: { words }, action, options, children }: PasskeyFormProps) => (
  <form class="form" method="post" action={action} data-passkey={options} hidden>
    <input type="hidden" name="response" value="" />
    {children}
    <p
      class="field-error status status-stopped"
      role="alert"
      hidden
      data-none={words.passkeyNone}
      data-known={words.passkeyKnown}
      data-failed={words.passkeyFailed}
    />
  </form>
)
