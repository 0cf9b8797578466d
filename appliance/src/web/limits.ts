import { defineLimits } from '@lango/kernel'

/** Everything of the web that can grow. */
export const webLimits = defineLimits({
  sessionRowsMax: 200,
  decisionRowsMax: 50,
  /** Routers drawn one by one; the rest is a count. Those that need attention come first. */
  routerCardsMax: 12,
  /** One live stream is one open page. */
  streamsMax: 32,
  /** A page that joins or falls behind by at most this many patches gets them; by more, the whole picture. */
  patchesKept: 10,
  patchEveryMs: 1000,
  /** The ages on the page (`3 min ago`) are looked at this often when nothing else changes. */
  agesEveryMs: 5000,
  /** Silence after which a page may conclude that the connection is lost is twice this and a little. */
  beatEveryMs: 10_000,
  /** Signed-in browsers; the one unused longest makes room. */
  deskSessionsMax: 32,
  deskSessionIdleMs: 12 * 3600_000,
  deskSessionLifeMs: 7 * 86_400_000,
  /** A printed address that nobody has opened. */
  tokenLifeMs: 24 * 3600_000,
  bodyBytesMax: 4096,
  /** A form of the desk. */
  formBytesMax: 256 * 1024,
  /** Failures to sign in within the window: of strangers by address and by name, of a known browser by itself. */
  signInWindowMs: 15 * 60_000,
  signInsPerAddressMax: 20,
  signInsPerLoginMax: 20,
  signInsPerBrowserMax: 10,
  signInCountsMax: 10_000,
  /** Forms of people who register by themselves, within the same window: by address, and of all together. */
  joinsPerAddressMax: 30,
  joinsMax: 300,
  /** Between password and code. */
  secondStepMs: 5 * 60_000,
  secondStepTriesMax: 5,
  secondStepsMax: 100,
  /** Of passkeys: the time to sign, and what waits for a signature. */
  challengeMs: 5 * 60_000,
  challengesMax: 1000,
  challengesPerAddressMax: 50,
  /** A password or passkey that was shown anew lets a person change what guards their account. */
  proofMs: 5 * 60_000,
  proofsMax: 100,
  /** An import sends 200 subscribers at once. */
  apiBodyBytesMax: 1024 * 1024,
  connectionsMax: 256,
  headersTimeoutMs: 10_000,
  /** Whoever sends something sends so much of it in this time, or is cut off: a large file may take its hours. */
  arrivalMs: 30_000,
  arrivalOctetsMin: 256 * 1024,
  closeGraceMs: 500,
})
