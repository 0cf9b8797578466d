/**
 * How phones and computers find out whether they are online (reference: captive-portal.md, section 3). Who is not is
 * redirected; who is gets what the system wants to see, where its probe reaches the box at all.
 */
export type ProbeAnswer = { readonly status: 200 | 204; readonly type: string; readonly body: string }

const html = (body: string): ProbeAnswer => ({ status: 200, type: 'text/html; charset=utf-8', body })
const plain = (body: string): ProbeAnswer => ({ status: 200, type: 'text/plain; charset=utf-8', body })
const NOTHING: ProbeAnswer = { status: 204, type: 'text/plain; charset=utf-8', body: '' }
const APPLE = html('<HTML><HEAD><TITLE>Success</TITLE></HEAD><BODY>Success</BODY></HTML>')

const answers: ReadonlyMap<string, ProbeAnswer> = new Map([
  // Apple
  ['/hotspot-detect.html', APPLE],
  ['/library/test/success.html', APPLE],
  // Android, ChromeOS, Samsung, Huawei, Xiaomi and others
  ['/generate_204', NOTHING],
  ['/gen_204', NOTHING],
  // Windows
  ['/connecttest.txt', plain('Microsoft Connect Test')],
  ['/ncsi.txt', plain('Microsoft NCSI')],
  // Firefox
  [
    '/canonical.html',
    html('<meta http-equiv="refresh" content="0;url=https://support.mozilla.org/kb/captive-portal"/>'),
  ],
  ['/success.txt', plain('success\n')],
  // GNOME, Fedora
  ['/check_network_status.txt', plain('NetworkManager is online\n')],
  ['/static/hotspot.txt', plain('OK\n')],
])

/** What a probe wants to see of whoever is online; undefined for what is no probe. */
export const probeAnswer = (path: string): ProbeAnswer | undefined => answers.get(path)

/**
 * Windows opens this after its probe was redirected; to redirect that once more opens tab after tab. `/wpad.dat` is
 * asked for over and over by Windows, and is nothing.
 */
export const isNothingHere = (path: string): boolean => path === '/wpad.dat' || path === '/favicon.ico'
