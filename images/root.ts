/** The root file system of a slot: Debian's packages, what this folder lays over them, and the product. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { packagesOf, type Board } from './board.ts'
import type { SigningKeys } from './keys.ts'
import { run } from './shell.ts'

const here = import.meta.dirname
const suite = 'bookworm'
const mirrors = [
  `deb http://deb.debian.org/debian ${suite} main`,
  `deb http://deb.debian.org/debian ${suite}-updates main`,
  `deb http://deb.debian.org/debian-security ${suite}-security main`,
]

/** Debian's part, made anew in `target`; the packages of the moment, whose names and versions are in the SBOM. */
export function makeDebian(board: Board, target: string, epochSec: number): void {
  rmSync(target, { recursive: true, force: true })
  // The RAM disk is made once, at the end, by `trimModules`: on another processor each takes half an hour.
  const noDisk = `mkdir -p "$1/etc/initramfs-tools" && echo update_initramfs=no >"$1/etc/initramfs-tools/update-initramfs.conf"`
  run(
    'mmdebstrap',
    [
      '--mode=root',
      '--variant=essential',
      `--architectures=${board.debianArch}`,
      `--include=${packagesOf(board).join(',')}`,
      '--aptopt=Apt::Install-Recommends "false"',
      // Its own settings are there before initramfs-tools is.
      '--dpkgopt=force-confold',
      // What is cut short is thrown away: no sync after each file.
      '--dpkgopt=force-unsafe-io',
      '--dpkgopt=path-exclude=/usr/share/man/*',
      '--dpkgopt=path-exclude=/usr/share/locale/*',
      '--dpkgopt=path-exclude=/usr/share/info/*',
      '--dpkgopt=path-exclude=/usr/share/doc/*',
      '--dpkgopt=path-include=/usr/share/doc/*/copyright',
      `--extract-hook=${noDisk}`,
      suite,
      target,
      ...mirrors,
    ],
    { env: { SOURCE_DATE_EPOCH: String(epochSec), INITRD: 'No' } },
  )
}

/** Drivers no box of an ISP has: a third of the modules by size. */
const unwanted = [
  'sound',
  'drivers/gpu',
  'drivers/media',
  'drivers/infiniband',
  'drivers/isdn',
  'drivers/staging',
  'drivers/net/wireless',
  'net/wireless',
  'net/mac80211',
  'drivers/bluetooth',
  'net/bluetooth',
  'drivers/iio',
  'drivers/input/joystick',
  'drivers/input/touchscreen',
  'drivers/comedi',
  'drivers/video',
  'drivers/scsi/qla2xxx',
  'drivers/scsi/lpfc',
  'fs/ocfs2',
  'fs/xfs',
  'fs/btrfs',
  'fs/nfsd',
  'fs/ceph',
  'fs/gfs2',
  'fs/cifs',
  'fs/smb',
]

const units = [
  'lango.service',
  'lango-firewall.service',
  'lango-grow.service',
  'lango-zram.service',
  'lango-update-start.service',
  'lango-health.service',
  'lango-install.path',
  'lango-reboot.path',
  'lango-ssh.path',
  'lango-network.service',
  'lango-network-apply.path',
  'lango-network-confirm.path',
  'lango-console@tty1.service',
  'systemd-networkd.service',
  'systemd-resolved.service',
  'systemd-timesyncd.service',
]

/** Nobody signs in at the screen, nothing updates itself beside the slots. */
const masked = [
  'getty@.service',
  'serial-getty@.service',
  'console-getty.service',
  'systemd-firstboot.service',
  'apt-daily.timer',
  'apt-daily-upgrade.timer',
  'e2scrub_all.timer',
  'e2scrub_reap.service',
  'dnsmasq.service',
  'smartmontools.service',
]

const chroot = (target: string, command: string, args: readonly string[], epochSec: number): string =>
  run('chroot', [target, command, ...args], { env: { SOURCE_DATE_EPOCH: String(epochSec) } })

/** A `.in` file has the names of the board in it. */
function layOver(board: Board, target: string): void {
  const overlay = join(here, 'overlay')
  cpSync(overlay, target, { recursive: true, filter: (path) => !path.endsWith('.in') })
  const template = (from: string, to: string) => {
    const text = readFileSync(from, 'utf8')
      .replaceAll('@ARCH@', board.debianArch)
      .replaceAll('@CONSOLE@', board.console)
    writeFileSync(to, text)
  }
  template(join(overlay, 'etc/rauc/system.conf.in'), join(target, 'etc/rauc/system.conf'))
  template(join(here, 'grub/slot.cfg.in'), join(target, 'boot/grub.cfg'))
  const disk = join(target, 'etc/initramfs-tools')
  cpSync(join(here, 'initramfs/conf.d/lango'), join(disk, 'conf.d/lango'))
  for (const folder of ['hooks', 'scripts'])
    cpSync(join(here, 'initramfs', folder), join(disk, folder), { recursive: true })
  writeFileSync(
    join(disk, 'modules'),
    readFileSync(join(here, 'initramfs/modules'), 'utf8') + board.initrdModules.map((name) => `${name}\n`).join(''),
  )
}

const linkOver = (path: string, to: string): void => {
  rmSync(path, { force: true })
  symlinkSync(to, path)
}

function trimModules(target: string, epochSec: number): void {
  const [kernel] = readdirSync(join(target, 'lib/modules'))
  if (kernel === undefined) throw new Error('no kernel was installed')
  const folder = join(target, 'lib/modules', kernel, 'kernel')
  for (const name of unwanted) rmSync(join(folder, name), { recursive: true, force: true })
  chroot(target, 'depmod', [kernel], epochSec)
  chroot(target, 'mkinitramfs', ['-o', '/boot/initrd.img', kernel], epochSec)
  renameSync(join(target, 'boot', `vmlinuz-${kernel}`), join(target, 'boot/vmlinuz'))
  for (const name of readdirSync(join(target, 'boot'))) {
    if (!['vmlinuz', 'initrd.img', 'grub.cfg'].includes(name)) rmSync(join(target, 'boot', name), { recursive: true })
  }
}

export type Release = { readonly version: string; readonly epochSec: number }

/** Makes of Debian's part the root of a slot. `product` is the folder that `stageProduct` filled, `keys` say who may sign updates. */
export function finishRoot(board: Board, target: string, product: string, keys: SigningKeys, release: Release): void {
  layOver(board, target)
  cpSync(product, join(target, 'opt/lango'), { recursive: true, verbatimSymlinks: true })
  cpSync(keys.authority, join(target, 'etc/rauc/keyring.pem'))
  if (existsSync(keys.feedRoot)) cpSync(keys.feedRoot, join(target, 'usr/lib/lango/trust/root.json'))
  writeFileSync(
    join(target, 'etc/os-release'),
    `NAME="Lango"\nID=lango\nID_LIKE=debian\nVERSION_ID="${release.version}"\nPRETTY_NAME="Lango ${release.version}"\n`,
  )
  writeFileSync(join(target, 'etc/hostname'), 'lango\n')
  writeFileSync(join(target, 'etc/hosts'), '127.0.0.1 localhost\n127.0.1.1 lango\n::1 localhost ip6-localhost\n')
  writeFileSync(join(target, 'etc/machine-id'), '')
  linkOver(join(target, 'etc/resolv.conf'), '/run/systemd/resolve/stub-resolv.conf')
  linkOver(join(target, 'etc/localtime'), '/usr/share/zoneinfo/UTC')
  mkdirSync(join(target, 'efi'), { recursive: true })

  chroot(target, 'systemd-sysusers', [], release.epochSec)
  chroot(target, 'systemctl', ['enable', ...units, `lango-console@${board.serialTty}.service`], release.epochSec)
  chroot(target, 'systemctl', ['mask', ...masked], release.epochSec)
  trimModules(target, release.epochSec)

  // The boot loader has been taken out; keys are made on the box; caches and logs are of the machine that built it.
  for (const path of ['usr/lib/grub', 'etc/apt', 'usr/share/bash-completion', 'usr/share/lintian']) {
    rmSync(join(target, path), { recursive: true, force: true })
  }
  for (const name of readdirSync(join(target, 'etc/ssh'))) {
    if (name.startsWith('ssh_host_')) rmSync(join(target, 'etc/ssh', name))
  }
  for (const backup of ['passwd-', 'shadow-', 'group-', 'gshadow-', '.pwd.lock', 'ld.so.cache~']) {
    rmSync(join(target, 'etc', backup), { force: true })
  }
  emptyVar(target)
}

/** The data partition is mounted there; systemd-tmpfiles makes what packages expect. */
function emptyVar(target: string): void {
  for (const folder of ['var', 'run', 'tmp', 'dev']) {
    rmSync(join(target, folder), { recursive: true, force: true })
    mkdirSync(join(target, folder))
  }
}
