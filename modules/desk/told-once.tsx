/** What the box makes for a subscriber and tells this once. */
import { createHash } from 'node:crypto'
import { PageHead, Panel, PanelBody, Sentence, UserText, type Desk, type Shown } from '@lango/kernel/ui'
import { subscriberHref } from './links.ts'
import { wordsOf } from './words.ts'

/** Draws from the form's own secret: a form that is sent twice tells the same one twice. */
export const drawsFrom = (purpose: string, once: string): ((limit: number) => number) => {
  let rest = BigInt(`0x${createHash('sha512').update(`${purpose}:${once}`).digest('hex')}`)
  return (limit) => {
    const drawn = Number(rest % BigInt(limit))
    rest /= BigInt(limit)
    return drawn
  }
}

type ToldOnce = {
  readonly id: string
  readonly title: string
  readonly head: string
  readonly value: string
  readonly body: string
  readonly login: string
}

export const toldOnce = (desk: Desk, { id, title, head, value, body, login }: ToldOnce): Shown => ({
  title,
  content: (
    <>
      <PageHead title={<UserText text={title} />} />
      <Panel title={head}>
        <PanelBody>
          <p>
            <code class="told" id={id}>
              {value}
            </code>
          </p>
          <p>
            <Sentence text={body} />
          </p>
          <p>
            <a class="button button-main" href={subscriberHref(login)}>
              {wordsOf(desk).toSubscriber}
            </a>
          </p>
        </PanelBody>
      </Panel>
    </>
  ),
})
