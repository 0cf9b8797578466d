import { createHash } from 'node:crypto'
import { fill, PageHead, Panel, PanelBody, UserText, type Desk, type Shown } from '@lango/kernel/ui'
import { subscriberHref } from './links.ts'
import { wordsOf } from './words.ts'

// No letters that look like others: it is read from a screen and typed on a router.
const LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789'
const LENGTH = 12

/**
 * A password for a router to keep: 12 of 31 letters, 59 bits. It follows from the form's own secret, so that a form that
 * is sent twice tells the same one twice.
 */
export const networkPassword = (once: string): string => {
  let rest = BigInt(`0x${createHash('sha256').update(`password:${once}`).digest('hex')}`)
  let password = ''
  for (const count = BigInt(LETTERS.length); password.length < LENGTH; rest /= count)
    password += LETTERS[Number(rest % count)]
  return password
}

/** A password that was made for somebody, told this once. */
export const passwordShown = (desk: Desk, login: string, password: string): Shown => {
  const words = wordsOf(desk)
  const title = fill(words.shownPassword, { login })
  return {
    title,
    content: (
      <>
        <PageHead title={<UserText text={title} />} />
        <Panel title={words.password}>
          <PanelBody>
            <p>
              <code class="told" id="password">
                {password}
              </code>
            </p>
            <p>{words.shownPasswordBody}</p>
            <p>
              <a class="button button-main" href={subscriberHref(login)}>
                {words.toSubscriber}
              </a>
            </p>
          </PanelBody>
        </Panel>
      </>
    ),
  }
}
