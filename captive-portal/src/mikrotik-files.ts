/**
 * The html-directory of a RouterOS hotspot whose login page is this portal: every page leads on to it, with what the
 * router knows. RouterOS cannot escape for HTML, so whatever a browser may have chosen stands only as `-esc`, which
 * leaves letters, digits and `%+._-`. No script is needed: a status of its own, a refresh, and a link for the rest. Pure.
 */

/** What the portal is told, by RouterOS's own names; `-esc` of each. */
const told = (variables: readonly string[]): string =>
  variables.map((variable) => `${variable}=$(${variable}-esc)`).join('&')

const PLACE = ['mac', 'ip', 'link-login-only', 'identity', 'interface-name', 'server-name']
/** Only the login page knows these. */
const ENTRY = ['link-orig', 'chap-id', 'chap-challenge', 'error']
const CACHE = 'no-store'

/** Leads to an address, whatever the browser can do. */
const leadTo = (address: string): string => {
  const attribute = address.replaceAll('&', '&amp;')
  return [
    '$(if http-status == 302)Found$(endif)',
    `$(if http-header == "Location")${address}$(endif)`,
    `$(if http-header == "Cache-Control")${CACHE}$(endif)`,
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Wi-Fi</title>',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<meta http-equiv="refresh" content="0; url=${attribute}"></head>`,
    `<body><p><a href="${attribute}">Continue</a></p><p lang="sw"><a href="${attribute}">Endelea</a></p></body></html>\n`,
  ].join('')
}

/** RFC 8908, as the router itself serves it where it has a name and a certificate. */
const API = `{
  "captive": $(if logged-in == 'yes')false$(else)true$(endif),
  "user-portal-url": "$(link-login-only)",
  $(if session-timeout-secs != 0)"seconds-remaining": $(session-timeout-secs),$(endif)
  $(if remain-bytes-total)"bytes-remaining": $(remain-bytes-total),$(endif)
  "can-extend-session": true
}
`

/** What the router says by itself, by names that the portal has words for; what the box says goes through as it is. */
const routerErrors = [
  'internal-error',
  'config-error',
  'not-logged-in',
  'ippool-empty',
  'shutting-down',
  'user-session-limit',
  'license-session-limit',
  'wrong-mac-username',
  'chap-missing',
  'invalid-username',
  'invalid-mac',
  'uptime-limit',
  'traffic-limit',
  'radius-timeout',
  'auth-in-progress',
]

const ERRORS = [...routerErrors.map((name) => `${name} = ${name}`), 'radius-reply = $(error-orig)', ''].join('\n')

const ORIGIN = /^https?:\/\/(?:[\w.-]+|\[[\da-f:]+\])(?::\d+)?$/i

/** File by name; `origin` is the portal as phones reach it: `http://192.168.88.10:8090`. */
export const mikrotikFiles = (origin: string): ReadonlyMap<string, string> => {
  // It stands in attributes, as it is.
  if (!ORIGIN.test(origin)) throw new RangeError(`no origin of a portal: ${origin}`)
  const entry = leadTo(`${origin}/?${told([...PLACE, ...ENTRY])}`)
  const online = `${origin}/?logged-in=yes&${told(PLACE)}`
  // The router's own address, which no browser chooses.
  const login = '$(link-login-only)'
  const loginPage = leadTo(`${login}?dst=$(link-orig-esc)`)
  return new Map([
    ['login.html', entry],
    ['flogin.html', entry],
    ['error.html', entry],
    // Its challenge is made on the login page.
    ['rlogin.html', loginPage],
    ['redirect.html', loginPage],
    ['logout.html', leadTo(login)],
    // Where it should go on from here may be anybody's address: the portal looks at it first.
    ['alogin.html', leadTo(`${online}&link-orig=$(link-redirect-esc)`)],
    ['rstatus.html', leadTo(online)],
    ['status.html', leadTo(online)],
    ['errors.txt', ERRORS],
    ['api.json', API],
  ])
}
