import { formatBytes, type Column, type Locale } from '@lango/kernel/ui'

type Moved = { readonly inputOctets: number; readonly outputOctets: number }

/** What a session has moved: down is what the NAS sent out to the subscriber. */
export const octetColumns = <Row extends Moved>(
  locale: Locale,
  words: { readonly down: string; readonly up: string },
): readonly Column<Row>[] => [
  {
    id: 'down',
    head: words.down,
    width: 's',
    figures: true,
    value: ({ outputOctets }) => formatBytes(outputOctets, locale),
  },
  {
    id: 'up',
    head: words.up,
    width: 's',
    figures: true,
    secondary: true,
    value: ({ inputOctets }) => formatBytes(inputOctets, locale),
  },
]
