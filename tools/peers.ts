import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The real peers the end-to-end suites talk to: the command that shows one is
 * here, and the Debian package that brings it. A suite names what it needs of
 * this list; `tools/check.ts` installs what is missing where it may.
 */
export const peers = {
  radclient: { command: 'radclient', debian: 'freeradius-utils' },
  freeradius: { command: 'freeradius', debian: 'freeradius' },
  eapol_test: { command: 'eapol_test', debian: 'eapoltest' },
  hostapd: { command: 'hostapd', debian: 'hostapd' },
  radsecproxy: { command: 'radsecproxy', debian: 'radsecproxy' },
  chromium: { command: 'chromium', debian: 'chromium' },
  wpa_supplicant: { command: 'wpa_supplicant', debian: 'wpasupplicant' },
  ip: { command: 'ip', debian: 'iproute2' },
  nft: { command: 'nft', debian: 'nftables' },
  socat: { command: 'socat', debian: 'socat' },
  dnsmasq: { command: 'dnsmasq', debian: 'dnsmasq-base' },
  python3: { command: 'python3', debian: 'python3-minimal' },
  ping: { command: 'ping', debian: 'iputils-ping' },
  faketime: { command: 'faketime', debian: 'faketime' },
  strace: { command: 'strace', debian: 'strace' },
  openssl: { command: 'openssl', debian: 'openssl' },
} as const

/** What builds images and boots them (`e2e/image`); half a gigabyte, so installed only where that is done. */
export const imageTools = {
  mmdebstrap: { command: 'mmdebstrap', debian: 'mmdebstrap' },
  mksquashfs: { command: 'mksquashfs', debian: 'squashfs-tools' },
  veritysetup: { command: 'veritysetup', debian: 'cryptsetup-bin' },
  sgdisk: { command: 'sgdisk', debian: 'gdisk' },
  mcopy: { command: 'mcopy', debian: 'mtools' },
  'mkfs.vfat': { command: 'mkfs.vfat', debian: 'dosfstools' },
  'grub-mkimage': { command: 'grub-mkimage', debian: 'grub-common' },
  rauc: { command: 'rauc', debian: 'rauc' },
  zstd: { command: 'zstd', debian: 'zstd' },
  packer: { command: 'packer', debian: 'packer' },
  qemu: { command: 'qemu-system-x86_64', debian: 'qemu-system-x86' },
  'qemu-img': { command: 'qemu-img', debian: 'qemu-utils' },
  ovmf: { command: '/usr/share/OVMF/OVMF_CODE.fd', debian: 'ovmf' },
  ssh: { command: 'ssh', debian: 'openssh-client' },
  curl: { command: 'curl', debian: 'curl' },
  radclient: peers.radclient,
  faketime: { command: 'faketime', debian: 'faketime' },
  rdiff: { command: 'rdiff', debian: 'rdiff' },
  'systemd-analyze': { command: 'systemd-analyze', debian: 'systemd' },
} as const

/** The same for arm64 on another processor; long runs alone. */
export const arm64Tools = {
  qemu: { command: 'qemu-system-aarch64', debian: 'qemu-system-arm' },
  'qemu user': { command: 'qemu-aarch64-static', debian: 'qemu-user-static' },
  firmware: { command: '/usr/share/AAVMF/AAVMF_CODE.fd', debian: 'qemu-efi-aarch64' },
  'arch-test': { command: 'arch-test', debian: 'arch-test' },
} as const

type Tools = Readonly<Record<string, { readonly command: string; readonly debian: string }>>
/** Debian's names of those that are not here. */
export const missingPackages = (tools: Tools): string[] => [
  ...new Set(
    Object.values(tools)
      .filter(({ command }) => (command.startsWith('/') ? !existsSync(command) : commandPath(command) === undefined))
      .map(({ debian }) => debian),
  ),
]

export type Peer = keyof typeof peers
/** `root`: the suite mounts a file system or binds what only root may. `namespaces`: it makes networks of its own. */
export type Need = Peer | 'root' | 'namespaces'

/** What each suite needs; one not named here needs nothing but Node. */
export const suites = {
  radclient: ['radclient'],
  radsecproxy: ['radclient', 'radsecproxy', 'openssl'],
  'radsec freeradius': ['freeradius', 'radclient'],
  eapol: ['eapol_test', 'openssl'],
  backup: ['radclient'],
  'coa freeradius': ['freeradius', 'radclient'],
  'coa hostapd': ['hostapd', 'wpa_supplicant', 'ip', 'root'],
  'small disk': ['radclient', 'root'],
  'vouchers over RADIUS': ['radclient'],
  'clock in 1970': ['faketime', 'radclient'],
  'failing sync': ['radclient', 'strace'],
  desk: ['chromium', 'radclient'],
  'first boot': ['chromium', 'radclient'],
  'restore in the browser': ['chromium', 'radclient'],
  page: ['chromium', 'radclient'],
  passkeys: ['chromium'],
  'live page': ['chromium'],
  'gateway and portal': ['ip', 'nft', 'dnsmasq', 'chromium', 'root', 'namespaces'],
  gateway: ['ip', 'nft', 'dnsmasq', 'ping', 'radclient', 'root', 'namespaces'],
  'gateway attacked': ['ip', 'nft', 'dnsmasq', 'ping', 'python3', 'radclient', 'root', 'namespaces'],
  'gateway and IPv6': ['ip', 'nft', 'dnsmasq', 'ping', 'python3', 'radclient', 'root', 'namespaces', 'socat'],
  registration: ['chromium', 'radclient'],
  portal: ['chromium', 'radclient'],
  'without uplink': ['radclient', 'root', 'namespaces'],
  hotspot: ['chromium'],
  'portal over https': [],
} as const satisfies Record<string, readonly Need[]>

export type Suite = keyof typeof suites

// Daemons live in sbin, which is not on everybody's path.
const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin']

/** The full path of a command, undefined when this machine has none. */
export function commandPath(command: string): string | undefined {
  return folders
    .map((folder) => join(folder, command))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}

export const isRoot = (): boolean => process.getuid?.() === 0

/** Root inside a container may not make any. */
const mayMakeNetworks = (): boolean => spawnSync(commandPath('unshare') ?? '', ['--net', 'true']).status === 0

/** Why a suite cannot run here, as words to print; undefined when it can. */
export function lacking(suite: Suite): string | undefined {
  const needs: readonly Need[] = suites[suite]
  const reasons = needs.flatMap((need) => {
    if (need === 'root') return isRoot() ? [] : ['it needs root']
    if (need === 'namespaces') return mayMakeNetworks() ? [] : ['it needs network namespaces']
    const { command, debian } = peers[need]
    return commandPath(command) === undefined ? [`${command} is missing (apt-get install ${debian})`] : []
  })
  return reasons.length === 0 ? undefined : reasons.join(', ')
}
