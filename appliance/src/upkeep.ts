/** What a box looks after by itself for as long as it runs: its clock, its certificate, its log, what would grow without end. */
import { every, type Log } from '@lango/kernel'
import type { SharedState } from './aaa/shared-state.ts'
import type { Site } from './site.ts'
import { keepHealth } from './health/keep-login.ts'
import { keepTidy } from './tidy.ts'
import { loadTls, type BoxNames, type BoxTls } from './tls/index.ts'
import { startWriteBack, type WriteBack } from './write-back.ts'

type UpkeepDeps = {
  readonly site: Site
  readonly names: BoxNames
  /** What is in use at the start. */
  readonly tls: BoxTls
  readonly state: SharedState
  /** Takes another certificate into use. */
  readonly take: (tls: BoxTls) => void
  readonly log: Log
}

/** The AAA threads take their floor and their trust in the clock from the control thread. */
const keepClock = ({ site: { clock }, state }: UpkeepDeps): (() => void) => {
  const tell = (): void => {
    state.set('clockSure', clock.sure() ? 1 : 0)
    state.set('clockOffsetSec', Math.max(0, Math.ceil((clock.now() - Date.now()) / 1000)))
  }
  tell()
  return every(CLOCK_LOOK_MS, tell)
}

const CLOCK_LOOK_MS = 1000

/**
 * The box's own certificate is renewed before it ends, and what was put into its place by hand (`lango tls use`, after
 * each renewal of the owner's) is found: both are taken into use without a restart.
 */
const keepCertificates = (deps: UpkeepDeps): (() => void) => {
  const { folder, clock, random } = deps.site
  let used = deps.tls.serverCertPem
  let told = ''
  return every(CERTIFICATES_LOOK_MS, () => {
    void loadTls(folder, { now: clock.now, random, ...deps.names, sure: clock.sure() }).then((loaded) => {
      const fault = loaded.ok ? '' : loaded.error.type
      if (!loaded.ok && fault !== told) deps.log.error('the certificates cannot be read', { fault: loaded.error })
      told = fault
      if (!loaded.ok || (loaded.value.serverCertPem === used && !loaded.value.isNew)) return
      used = loaded.value.serverCertPem
      deps.take(loaded.value)
    })
  })
}

const CERTIFICATES_LOOK_MS = 15_000

export type Upkeep = { readonly writeBack: Pick<WriteBack, 'hold' | 'release'>; stop(): Promise<unknown> }

export const startUpkeep = (deps: UpkeepDeps): Upkeep => {
  const { site, log } = deps
  keepHealth(site, log)
  const stops = [keepClock(deps), keepTidy(site, every, log), keepCertificates(deps)]
  const writeBack = startWriteBack({ raw: site.database.raw, file: site.folder.siteFile, every, log })
  return {
    writeBack,
    stop() {
      stops.forEach((stop) => stop())
      return writeBack.stop()
    },
  }
}
