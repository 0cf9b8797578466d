/** The ports as the kernel has them now: /sys, which anybody may read. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import type { NetworkPlan, NetworkPort } from '@lango/modules/network/port'
import { addressedLinkOf, portOf } from './links.ts'
import { isMac } from './plan.ts'

const SYS = '/sys/class/net'

/** A port without a cable tells no speed: reading it fails. */
const read = (port: string, name: string): string => {
  try {
    return readFileSync(join(SYS, port, name), 'utf8').trim()
  } catch {
    return ''
  }
}

const addressesOf = (link: string): readonly string[] =>
  (networkInterfaces()[link] ?? []).flatMap(({ address, cidr }) =>
    address.startsWith('fe80:') ? [] : [cidr ?? address],
  )

/** Only what a cable goes into: bridges, tags and tunnels have no device behind them. `plan` tells what each is for. */
export const readPorts = (plan: NetworkPlan | null): readonly NetworkPort[] => {
  const names = readdirSync(SYS).filter((name) => existsSync(join(SYS, name, 'device')))
  const facts = names.map((name) => ({ name, mac: read(name, 'address') })).filter(({ mac }) => isMac(mac))
  return facts.map(({ name, mac }) => {
    const own =
      plan?.networks.filter(({ members }) => members.some(({ port }) => portOf(port, facts)?.name === name)) ?? []
    const links = new Set([name, ...(plan ? own.map((network) => addressedLinkOf(plan, network, facts)) : [])])
    const speed = Number(read(name, 'speed'))
    return {
      name,
      mac,
      isUp: read(name, 'carrier') === '1',
      // -1: unknown, as of a virtual one.
      speedMbps: speed > 0 ? speed : null,
      uses: [...new Set(own.map(({ use }) => use))],
      addresses: [...links].flatMap(addressesOf),
    }
  })
}
