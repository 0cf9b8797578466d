/** `lango start`: reads the command line, starts the box, says that it serves, and stops cleanly when told to. */
import { writeFileSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { createLog, isTimeZone, type Fault } from '@lango/kernel'
import type { StartOptions } from './box-options.ts'
import { startBox } from './compose.ts'
import { dataFolder } from './data-folder.ts'
import { DEFAULT_PAIR_PORT } from './standby/join.ts'
import { readPair } from './standby/pair-state.ts'
import { startStandby } from './standby/standby-box.ts'
import { CONTROL_NICE, giveWay } from './thread-priority.ts'
import { faultSentence } from './cli/faults.ts'
import { imagePlaces } from './updates.ts'

const port = z.coerce.number().int().min(0).max(65_535)

const optionsSchema = z.object({
  data: z.string().min(1),
  listen: z.string().default('0.0.0.0'),
  'auth-port': port.default(1812),
  'acct-port': port.default(1813),
  'radsec-port': port.default(2083),
  'web-port': port.default(8080),
  'pair-port': port.default(DEFAULT_PAIR_PORT),
  'portal-port': port.optional(),
  'portal-tls-port': port.optional(),
  'web-listen': z.string().default('127.0.0.1'),
  'web-name': z.string().toLowerCase().optional(),
  'pid-file': z.string().optional(),
  'alert-latency-ms': z.coerce.number().int().min(1).max(60_000).default(100),
  'log-level': z.enum(['debug', 'info', 'warn', 'error']).default('info'),
})

/** Ends with this code when only a fresh process helps: whoever supervises the box starts it again. */
const EXIT_RESTART = 70

/** Set by systemd for what it supervises (systemd.exec): nobody else would start the box again. */
const isSupervised = (): boolean => process.env['INVOCATION_ID'] !== undefined

/** `argv` without `start`; `defaultDir` where no --data is given. */
export const start = async (argv: readonly string[], defaultDir: string): Promise<number> => {
  const names = Object.keys(optionsSchema.shape)
  const { values } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(names.map((name) => [name, { type: 'string' as const }])),
  })
  const parsed = optionsSchema.safeParse({ data: defaultDir, ...values })
  if (!parsed.success) {
    for (const issue of parsed.error.issues)
      process.stderr.write(`lango start: --${issue.path.join('.')}: ${issue.message}\n`)
    return 2
  }
  const given = parsed.data
  if (given['portal-tls-port'] !== undefined && given['portal-port'] === undefined) {
    process.stderr.write('lango start: --portal-tls-port needs --portal-port: what routers lead there comes by http.\n')
    return 2
  }
  const timeZone = process.env['LANGO_TIME_ZONE']
  if (timeZone !== undefined && !isTimeZone(timeZone)) {
    process.stderr.write(`lango start: LANGO_TIME_ZONE is no time zone: '${timeZone}'. One is Africa/Nairobi.\n`)
    return 2
  }
  const log = createLog({ level: given['log-level'], sink: process.stderr })
  const isDevelopment = process.env['LANGO_DEV'] === '1'
  const ending = Promise.withResolvers<Ended>()
  const options: Options = {
    dir: resolve(given.data),
    listen: given.listen,
    authPort: given['auth-port'],
    acctPort: given['acct-port'],
    radsecPort: given['radsec-port'],
    webPort: given['web-port'],
    webListen: given['web-listen'],
    portalPort: given['portal-port'],
    portalTlsPort: given['portal-tls-port'],
    webNames: given['web-name'] === undefined ? [] : [given['web-name']],
    demo: false,
    env: process.env,
    logLevel: given['log-level'],
    log,
    loginP95MsMax: given['alert-latency-ms'],
    webhooksToLoopback: isDevelopment,
    image: imagePlaces(process.env),
    smsServer: isDevelopment ? process.env['LANGO_DEV_SMS'] : undefined,
    pairPort: given['pair-port'],
    onFatal(why, error) {
      log.error('the box ends, to be started anew', { why, error })
      process.exit(EXIT_RESTART)
    },
    onTimeZone(zone) {
      const supervised = isSupervised()
      log.warn(supervised ? 'it starts anew in its time zone' : 'start the box anew for its time zone', { zone })
      if (supervised) ending.resolve(EXIT_RESTART)
    },
  }
  const pidFile = given['pid-file']
  const ready = (what: object): void => {
    // After its threads were started: a new thread begins with the nice value of the one that made it.
    giveWay(CONTROL_NICE)
    if (pidFile !== undefined) writeFileSync(pidFile, `${process.pid}\n`)
    process.stdout.write(`${JSON.stringify({ ready: true, ...what })}\n`)
  }
  for (;;) {
    const role = readPair(dataFolder(options.dir))?.role
    const ended = role === 'standby' ? await beStandby(options, ready) : await beBox(options, ready, ending.promise)
    if (ended === 'other role') continue
    if (pidFile !== undefined) rmSync(pidFile, { force: true })
    return ended
  }
}

type Options = Omit<StartOptions, 'onStandby' | 'onRestored'>
/** An exit code, or that this box is something else from now on. */
type Ended = number | 'other role'

const failed = (fault: Fault): number => {
  process.stderr.write(`lango start: ${faultSentence(fault)}\n`)
  return 1
}

const beBox = async (options: Options, ready: (what: object) => void, ending: Promise<Ended>): Promise<Ended> => {
  const other = Promise.withResolvers<Ended>()
  const started = await startBox({
    ...options,
    onStandby: () => other.resolve('other role'),
    // A fresh process where there will be one: this one has given way to its threads, and new ones would inherit that.
    onRestored: () => other.resolve(isSupervised() ? EXIT_RESTART : 'other role'),
  })
  if (!started.ok) return started.error.type === 'Superseded' ? 'other role' : failed(started.error)
  ready({ ports: started.value.ports, web: started.value.deskAddress })
  const ended = await Promise.race([other.promise, ending, stopAsked()])
  await started.value.stop()
  return ended
}

const beStandby = async (options: Options, ready: (what: object) => void): Promise<Ended> => {
  const started = await startStandby(options)
  if (!started.ok) return failed(started.error)
  const { port: pair } = started.value
  ready({ standby: true, ports: { auth: 0, acct: 0, radsec: 0, web: 0, pair }, web: '' })
  const ended = await Promise.race([started.value.outcome.then((): Ended => 'other role'), stopAsked()])
  await started.value.stop()
  return ended
}

/** Resolves with the exit code when the process is told to end. */
const stopAsked = (): Promise<number> =>
  new Promise((done) => {
    const stop = (): void => {
      process.off('SIGTERM', stop).off('SIGINT', stop)
      done(0)
    }
    process.on('SIGTERM', stop).on('SIGINT', stop)
  })
