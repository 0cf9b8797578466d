import type { Clock, Log } from '@lango/kernel'
import { formatTimeOfDay, langs, localeOf, type Lang, type Locale } from '@lango/kernel/ui'
import type { Health, LiveFeed, LiveSnapshot } from './feed.ts'
import { webLimits } from './limits.ts'
import { bounded, pictureOf } from './live-page.tsx'
import type { View } from './lists.tsx'
import { patchOf, type Patch, type Picture } from './picture.ts'
import { webWords } from './words.ts'

/** The page's data at a version; a stream opened with that version goes on from there. */
export type LiveState = { readonly snapshot: LiveSnapshot; readonly view: View; readonly version: number }

/** Keeps every open live page up to date from one feed. */
export interface LiveHub {
  current(lang: Lang): LiveState
  health(): Health
  /**
   * Server-sent events from `since` on, or undefined when `webLimits.streamsMax` pages are open. A page that cannot
   * keep up gets fewer, larger patches: nothing is queued for it. Ends when `isSignedIn` no longer holds.
   */
  open(lang: Lang, since: number | undefined, isSignedIn: () => boolean): ReadableStream<Uint8Array> | undefined
  streams(): number
  close(): void
}

export type LiveHubOptions = {
  readonly feed: LiveFeed
  readonly clock: Clock
  /** The site's, by IANA name. */
  readonly timeZone: string
  /** Calls `run` every so often until the returned function is called. */
  readonly every: (intervalMs: number, run: () => void) => () => void
  readonly log: Log
}

type Look = { readonly snapshot: LiveSnapshot; readonly at: number; readonly takenMs: number }

const TICKS_A_PATCH = 4

/** Looks at the feed at most once in `patchEveryMs`, however many pages are open or opened. */
const createLookout = (feed: LiveFeed, clock: Clock) => {
  const take = (): Look => ({ snapshot: bounded(feed.snapshot()), at: clock.now(), takenMs: clock.monotonicMs() })
  let last = take()
  let isDirty = false
  const unsubscribe = feed.subscribe(() => {
    isDirty = true
  })
  const look = (): Look => {
    const ageMs = clock.monotonicMs() - last.takenMs
    if (ageMs < webLimits.patchEveryMs || (!isDirty && ageMs < webLimits.agesEveryMs)) return last
    // Before the look: what changes during it is seen at the next one.
    isDirty = false
    last = take()
    return last
  }
  return { look, unsubscribe }
}

const eventOf = (patch: Patch): string => `id: ${patch.version}\nevent: patch\ndata: ${JSON.stringify(patch)}\n\n`

/** The page in one language: its picture, and the last steps that led to it. */
class Track {
  readonly locale: Locale
  #look: Look | undefined
  #picture: Picture | undefined
  #version = 0
  #patches: Patch[] = []

  constructor(lang: Lang, timeZone: string) {
    this.locale = localeOf(lang, timeZone)
  }

  get version(): number {
    return this.#version
  }

  advance(look: Look): LiveState {
    const view = { locale: this.locale, words: webWords[this.locale.lang], now: look.at }
    if (look !== this.#look) this.#draw(look, view)
    return { snapshot: look.snapshot, view, version: this.#version }
  }

  #draw(look: Look, view: View): void {
    const picture = pictureOf(look.snapshot, view)
    const patch = patchOf(this.#picture, picture, this.#version + 1, this.locale)
    this.#look = look
    this.#picture = picture
    if (!patch) return
    this.#version = patch.version
    this.#patches = [...this.#patches, patch].slice(-webLimits.patchesKept)
  }

  /** The events that bring a page from a version to the newest: the steps when they are kept, else the whole. */
  eventsSince(version: number | undefined): string {
    if (version === this.#version || !this.#picture) return ''
    const missing = this.#patches.filter((patch) => version !== undefined && patch.version > version)
    if (version !== undefined && missing[0]?.version === version + 1) return missing.map(eventOf).join('')
    const whole = patchOf(undefined, this.#picture, this.#version, this.locale)
    return whole ? eventOf(whole) : ''
  }
}

type Stream = {
  readonly track: Track
  readonly isSignedIn: () => boolean
  readonly controller: ReadableStreamDefaultController<Uint8Array>
  /** What the page shows; undefined when nothing is known about it. */
  version: number | undefined
  isGreeted: boolean
  /** The connection has taken everything and asks for more. */
  isWaiting: boolean
  sentAtMs: number
}

const encoder = new TextEncoder()
const RECONNECT_MS = 3000

/** The open pages. A stream holds no queue: it is served only when its connection asks. */
const createStreams = (clock: Clock, startTimer: () => () => void) => {
  const streams = new Set<Stream>()
  let stopTimer: (() => void) | undefined

  const send = (stream: Stream, text: string): void => {
    stream.isWaiting = false
    stream.sentAtMs = clock.monotonicMs()
    stream.controller.enqueue(encoder.encode(text))
  }

  const forget = (stream: Stream): void => {
    streams.delete(stream)
    if (streams.size > 0) return
    stopTimer?.()
    stopTimer = undefined
  }

  const end = (stream: Stream): void => {
    forget(stream)
    stream.controller.close()
  }

  const serve = (stream: Stream): void => {
    if (!stream.isSignedIn()) return end(stream)
    if (!stream.isWaiting) return
    const events = stream.track.eventsSince(stream.version)
    stream.version = stream.track.version
    if (events !== '') return send(stream, events)
    const isQuiet = clock.monotonicMs() - stream.sentAtMs >= webLimits.beatEveryMs
    if (isQuiet) send(stream, `event: beat\ndata: ${formatTimeOfDay(clock.now(), stream.track.locale)}\n\n`)
  }

  const open = (track: Track, since: number | undefined, isSignedIn: () => boolean): ReadableStream<Uint8Array> => {
    let stream: Stream
    const source: UnderlyingDefaultSource<Uint8Array> = {
      start(controller) {
        const sentAtMs = clock.monotonicMs()
        stream = { track, isSignedIn, controller, version: since, isGreeted: false, isWaiting: false, sentAtMs }
        streams.add(stream)
        stopTimer ??= startTimer()
      },
      pull() {
        if (stream.isGreeted) stream.isWaiting = true
        else send(stream, `retry: ${RECONNECT_MS}\n\n`)
        stream.isGreeted = true
      },
      cancel: () => forget(stream),
    }
    // Without a buffer of its own, `pull` means that the connection has taken what was sent before.
    return new ReadableStream(source, { highWaterMark: 0 })
  }

  return { streams, open, serve, end }
}

export const createLiveHub = ({ feed, clock, timeZone, every, log }: LiveHubOptions): LiveHub => {
  const { look, unsubscribe } = createLookout(feed, clock)
  const tracks = Object.fromEntries(langs.map((lang) => [lang, new Track(lang, timeZone)])) as Record<Lang, Track>
  const { streams, open, serve, end } = createStreams(clock, () =>
    // More often than a look may be taken: a timer that is a millisecond early must not cost a whole beat.
    every(webLimits.patchEveryMs / TICKS_A_PATCH, tick),
  )

  function tick(): void {
    try {
      const seen = look()
      for (const track of new Set([...streams].map((stream) => stream.track))) track.advance(seen)
      for (const stream of streams) serve(stream)
    } catch (error) {
      // The pages say since when they are not live, and come back by themselves.
      log.error('live pages could not be brought up to date', { error })
      for (const stream of streams) end(stream)
    }
  }

  return {
    current: (lang) => tracks[lang].advance(look()),
    health: () => look().snapshot.health,
    open: (lang, since, isSignedIn) =>
      streams.size < webLimits.streamsMax ? open(tracks[lang], since, isSignedIn) : undefined,
    streams: () => streams.size,
    close() {
      unsubscribe()
      for (const stream of streams) end(stream)
    },
  }
}
