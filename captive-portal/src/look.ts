/** What a place's look adds to the gate's own stylesheet: for browsers of 2016 too, so nothing but plain rules. */
import { brandStylesheet, inkOn } from '@lango/kernel'

type Colours = {
  /** Of buttons, `#0f766e`; '' for Lango's own. */
  readonly colour: string
  /** Behind the page; '' for light or dark, as the phone is. */
  readonly background: string
}

/** On a colour of the place's own everything is written in what can be read there, in light and dark alike. */
const onBackground = (background: string): string => {
  const ink = inkOn(background)
  return `html {
  color-scheme: ${ink === '#ffffff' ? 'dark' : 'light'};
}
body,
main {
  background-color: ${background};
  color: ${ink};
}
a,
.muted,
.field-error,
.notice-stopped .notice-title {
  color: inherit;
}
.field input,
.field input[aria-invalid],
.button,
.choice button,
.notice,
.told {
  border-color: currentColor;
}
:focus-visible {
  outline-color: currentColor;
}
`
}

/** The picture is seen above the page and beside it, never behind words. */
const withPicture = (address: string): string => `body {
  background-image: url("${address}");
  background-repeat: no-repeat;
  background-position: center top;
  background-size: 100% auto;
}
main {
  margin-top: 112px;
  border-radius: 12px 12px 0 0;
}
`

/** `picture` is the address of the one behind the page; '' for none. '' where there is nothing to add. */
export const lookStylesheet = ({ colour, background }: Colours, picture: string): string =>
  [
    picture === '' ? '' : withPicture(picture),
    background === '' ? '' : onBackground(background),
    colour === '' ? '' : brandStylesheet(colour),
  ].join('')
