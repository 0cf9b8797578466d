/** Runs the two resolvers. They outlive the gateway's process, and the next one takes them over as they are. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { leasesFile, leasesIn, openConfig, shutConfig, type DnsmasqConfig } from './dnsmasq.ts'
import type { Kernel } from './kernel.ts'

const LOOK_MS = 20
const LOOKS_MAX = 250

const readText = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

/** The process that runs by this configuration: a number may be another program's by now. */
const processOf = (stateDir: string, name: string): number | undefined => {
  const pid = Number(readText(join(stateDir, `dnsmasq-${name}.pid`)))
  if (!Number.isInteger(pid) || pid <= 1) return undefined
  return readText(`/proc/${pid}/cmdline`)?.includes(join(stateDir, `dnsmasq-${name}.conf`)) ? pid : undefined
}

const gone = async (stateDir: string, name: string): Promise<void> => {
  const pid = processOf(stateDir, name)
  if (pid === undefined) return
  process.kill(pid, 'SIGTERM')
  for (let looks = 0; looks < LOOKS_MAX && processOf(stateDir, name) !== undefined; looks++)
    await new Promise((done) => setTimeout(done, LOOK_MS))
}

export const keepResolvers = async (kernel: Kernel, config: DnsmasqConfig): Promise<void> => {
  const { stateDir } = config
  for (const [name, wanted] of [
    ['open', openConfig(config)],
    ['shut', shutConfig(config)],
  ] as const) {
    const file = join(stateDir, `dnsmasq-${name}.conf`)
    if (readText(file) === wanted && processOf(stateDir, name) !== undefined) continue
    await gone(stateDir, name)
    writeFileSync(file, wanted, { mode: 0o600 })
    await kernel.daemon('dnsmasq', `--conf-file=${file}`)
  }
}

export const readLeases = (stateDir: string): ReadonlyMap<string, string> =>
  leasesIn(readText(leasesFile(stateDir)) ?? '')
