/** A box in a machine, as a technician with a key has it: its commands, its updates, its logins. */
import { readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { sha256Of } from '../../firmware/agent/machine.ts'
import type { UpdateStatus } from '../../firmware/slots.ts'
import { radclient } from '../peer.ts'
import type { Vm } from './vm.ts'

export const ROUTER_SECRET = 'a-secret-of-the-router'

/** What an ISP puts on the stick of a new box (docs/first-boot.md). */
export function writeSetupFile(file: string, sshKey: string): void {
  const setup = {
    version: 1,
    owner: { login: 'wanjiru', name: 'Wanjiru Kariuki' },
    country: 'KE',
    site: { siteName: 'Lakeview', timeZone: 'UTC' },
    routers: [{ name: 'tower', address: '10.0.2.2', secret: ROUTER_SECRET, vendor: 'mikrotik' }],
    plans: [{ name: 'Home-10', kind: 'pppoe', policy: { downKbps: 10_000, upKbps: 2000 } }],
    ssh: { keys: [readFileSync(`${sshKey}.pub`, 'utf8').trim()] },
  }
  writeFileSync(file, JSON.stringify(setup))
}

export type Machine = {
  lango(...args: string[]): Promise<string>
  status(): Promise<UpdateStatus>
  isPhase(...phases: UpdateStatus['phase'][]): () => Promise<boolean>
  /** The code that the box answers to Amina's login with. */
  readonly login: () => Promise<string | undefined>
  /** It serves, the file on the stick was applied, and its slot has shown that it serves. */
  isUp(): Promise<void>
  /** What Lango itself does when it wants a release of the stick: the wish. Resolves with the time of it. */
  wish(version: string, bundle: string): Promise<number>
  /** The same, and what became of it. */
  install(version: string, bundle: string): Promise<UpdateStatus>
  /** As after an update that is installed. Resolves when the machine is off. */
  restart(): Promise<void>
}

export function machineOf(vm: Vm): Machine {
  const machine: Machine = {
    lango: (...args) => vm.mustRoot(`runuser -u lango -- lango ${args.join(' ')} --data /var/lib/lango --json`),
    status: async () => JSON.parse(await vm.mustRoot('cat /run/lango-os/update.json')) as UpdateStatus,
    isPhase:
      (...phases) =>
      async () => {
        const said = await vm.root('cat /run/lango-os/update.json')
        return said.code === 0 && phases.includes((JSON.parse(said.stdout) as UpdateStatus).phase)
      },
    login: async () =>
      (
        await radclient(vm.ports.auth, 'auth', ROUTER_SECRET, {
          'User-Name': 'amina',
          'User-Password': 'p4ss',
          'Message-Authenticator': '0x00',
        })
      ).code,
    async isUp() {
      await vm.until('it serves', vm.serves)
      await vm.until('the file on the stick was applied', async () => (await vm.root('true')).code === 0)
      const tries = async (): Promise<boolean> => {
        const { slot } = await machine.status()
        return (await vm.root(`/usr/lib/lango/boot-slots get-left ${slot}`)).stdout.trim() === '3'
      }
      await vm.until('its slot is good', tries)
    },
    async wish(version, bundle) {
      const name = basename(bundle)
      await vm.until('the stick is there', async () => (await vm.root(`ls /run/lango-os/usb/*/${name}`)).code === 0, 60)
      const place = (await vm.mustRoot(`ls /run/lango-os/usb/*/${name}`)).trim()
      const at = Number((await vm.mustRoot('date +%s%3N')).trim())
      const wanted = JSON.stringify({ bundle: place, sha256: await sha256Of(bundle), version, at })
      const target = '/var/lib/lango/os/install-wanted.json'
      await vm.mustRoot(
        `printf %s '${wanted}' >${target}.new && chown lango: ${target}.new && mv ${target}.new ${target} && sync`,
      )
      return at
    },
    async install(version, bundle) {
      const at = await machine.wish(version, bundle)
      await vm.until(
        'the wish was looked at',
        async () => (await machine.status()).at >= at && (await machine.isPhase('installed', 'refused')()),
      )
      return machine.status()
    },
    async restart() {
      await vm
        .mustRoot(`printf %s '{"at":1,"why":"update"}' >/var/lib/lango/os/reboot-wanted.json`)
        .catch(() => undefined)
      await vm.ended()
    },
  }
  return machine
}
