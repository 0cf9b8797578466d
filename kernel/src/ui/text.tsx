import { UNKNOWN, visible } from './format.ts'

/**
 * A name or text that people or devices chose. It is escaped by the view layer, isolated so that right-to-left text
 * cannot reorder what stands around it, shown without anything hidden in it, and in full on hover when cut short.
 */
export const UserText = ({ text }: { text: string }) => {
  const shown = text === '' ? UNKNOWN : visible(text)
  return (
    <bdi class="user-text" title={shown}>
      {shown}
    </bdi>
  )
}

const Command = ({ text }: { text: string }) => (
  <code>
    {text.split(' ').flatMap((word, index) => [
      index === 0 ? '' : ' ',
      // Browsers break at any hyphen: `--address` would lose its dashes at the end of a line.
      word.includes('-') ? <span key={index}>{word}</span> : word,
    ])}
  </code>
)

/** One of our own sentences: what stands between backticks is a command. */
export const Sentence = ({ text }: { text: string }) => (
  <>{text.split('`').map((part, index) => (index % 2 === 1 ? <Command key={index} text={part} /> : part))}</>
)
