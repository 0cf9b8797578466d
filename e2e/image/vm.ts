/**
 * A machine that boots an image: qemu without KVM, which hangs on some hosts. Power is cut by killing it; a reset ends
 * qemu (-no-reboot), since a warm one sometimes hangs inside the firmware, and the harness starts it anew.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { appendFileSync, copyFileSync, existsSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { runToEnd, type Ended } from '../box.ts'

export type Arch = 'amd64' | 'arm64'

const machines = {
  amd64: {
    command: 'qemu-system-x86_64',
    machine: ['-machine', 'q35', '-cpu', 'Nehalem', '-device', 'i6300esb'],
    code: '/usr/share/OVMF/OVMF_CODE.fd',
    variables: '/usr/share/OVMF/OVMF_VARS.fd',
  },
  arm64: {
    command: 'qemu-system-aarch64',
    machine: ['-machine', 'virt', '-cpu', 'cortex-a72'],
    code: '/usr/share/AAVMF/AAVMF_CODE.fd',
    variables: '/usr/share/AAVMF/AAVMF_VARS.fd',
  },
} as const

const POWER_ON = '\n--- power on ---\n'

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((done) => server.once('listening', done))
  const { port } = server.address() as { port: number }
  await new Promise((done) => server.close(done))
  return port
}

export type VmOptions = {
  readonly arch: Arch
  /** The raw image; what is written goes into a file beside it. */
  readonly disk: string
  readonly folder: string
  /** What it grows to, as qemu-img says it. */
  readonly size?: string
  /** The private key the image's data partition has the other half of. */
  readonly sshKey: string
  /** Further arguments for qemu: a second disk, another network. */
  readonly more?: readonly string[]
}

export type Vm = {
  /** Forwarded from this machine's loopback. */
  readonly ports: {
    readonly auth: number
    readonly acct: number
    readonly web: number
    readonly portal: number
    readonly ssh: number
  }
  /** What came over the serial line since the power was on. */
  screen(): string
  powerOn(): void
  /** The plug is pulled. */
  powerOff(): Promise<void>
  /** Resolves when the guest reset or switched itself off. */
  ended(): Promise<void>
  isOn(): boolean
  /** Waits until `look` is true, starting the machine anew whenever it reset. Throws with the screen's last lines. */
  until(what: string, look: () => Promise<boolean>, timeoutSec?: number): Promise<void>
  readonly serves: () => Promise<boolean>
  /** A command in the guest, as root. */
  root(command: string): Promise<Ended>
  mustRoot(command: string): Promise<string>
}

export async function newVm(options: VmOptions): Promise<Vm> {
  const { arch, disk, folder, sshKey } = options
  const kind = machines[arch]
  const own = join(folder, 'disk.qcow2')
  const variables = join(folder, 'variables.fd')
  const serialLog = join(folder, 'serial.log')
  // One connection for many commands: what it costs to open one is seconds of an emulated processor.
  const line = join(folder, 'ssh')
  if (!existsSync(own)) {
    execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', disk, own, options.size ?? '4G'])
    copyFileSync(kind.variables, variables)
  }
  const ports = {
    auth: await freePort(),
    acct: await freePort(),
    web: await freePort(),
    portal: await freePort(),
    ssh: await freePort(),
  }
  const forward = [
    [`udp:127.0.0.1:${ports.auth}`, 1812],
    [`udp:127.0.0.1:${ports.acct}`, 1813],
    [`tcp:127.0.0.1:${ports.web}`, 443],
    [`tcp:127.0.0.1:${ports.portal}`, 80],
    [`tcp:127.0.0.1:${ports.ssh}`, 22],
  ].map(([from, to]) => `hostfwd=${from}-:${to}`)
  const words = (text: string): string[] => text.split(' ')
  const args = [
    ...kind.machine,
    ...words('-accel tcg,thread=multi -smp 2 -m 1024 -nographic -no-reboot'),
    ...words(`-drive if=pflash,format=raw,readonly=on,file=${kind.code}`),
    ...words(`-drive if=pflash,format=raw,file=${variables}`),
    // Power off means that what the guest did not sync is gone: qemu's own cache must not keep it.
    ...words(`-drive if=virtio,format=qcow2,cache=none,aio=threads,file=${own}`),
    ...words(`-netdev user,id=n0,${forward.join(',')} -device virtio-net-pci,netdev=n0 -device virtio-rng-pci`),
    ...(options.more ?? []),
  ]
  const screen = (): string => readFileSync(serialLog, 'utf8').split(POWER_ON).at(-1) ?? ''
  let process: ChildProcess | undefined
  let gone = Promise.resolve()

  const powerOn = (): void => {
    if (process !== undefined) throw new Error('the machine is on')
    appendFileSync(serialLog, POWER_ON)
    const started = spawn(kind.command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    process = started
    for (const stream of [started.stdout, started.stderr])
      stream.on('data', (piece) => appendFileSync(serialLog, piece))
    gone = new Promise((done) => {
      started.once('close', () => {
        process = undefined
        rmSync(line, { force: true })
        done()
      })
    })
  }
  const ssh = words(
    `-i ${sshKey} -p ${ports.ssh} -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o ConnectTimeout=5 -o LogLevel=ERROR -o BatchMode=yes -o ControlMaster=auto -o ControlPersist=60 -o ControlPath=${line} -o ServerAliveInterval=3 -o ServerAliveCountMax=2`,
  )
  const root = (command: string): Promise<Ended> =>
    runToEnd('ssh', [...ssh, 'technician@127.0.0.1', 'sudo', 'sh', '-c', `'${command.replaceAll("'", `'\\''`)}'`])
  const serves = async (): Promise<boolean> => {
    const said = await runToEnd('curl', [
      '-sk',
      '-m',
      '3',
      '-o',
      '/dev/null',
      '-w',
      '%{http_code}',
      `https://127.0.0.1:${ports.web}/healthz`,
    ])
    return said.stdout === '200'
  }
  return {
    ports,
    screen,
    powerOn,
    async powerOff() {
      process?.kill('SIGKILL')
      await gone
    },
    ended: () => gone,
    isOn: () => process !== undefined,
    async until(what, look, timeoutSec = 300) {
      const endsAt = performance.now() + timeoutSec * 1000
      while (performance.now() < endsAt) {
        if (process === undefined) powerOn()
        if (await look()) return
        await new Promise((done) => setTimeout(done, 1000))
      }
      const last = screen().split('\n').slice(-30).join('\n')
      throw new Error(`within ${timeoutSec} s it was not so: ${what}\n${last}`)
    },
    serves,
    root,
    async mustRoot(command) {
      const ended = await root(command)
      if (ended.code !== 0)
        throw new Error(`in the guest, ${command} ended with ${ended.code}: ${ended.stderr}${ended.stdout}`)
      return ended.stdout
    },
  }
}
