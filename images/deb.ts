/** The product as a Debian package with its unit, for a machine that has a Debian already; the container is made of it. */
import { chmodSync, cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Board } from './board.ts'
import { run } from './shell.ts'

const overlay = join(import.meta.dirname, 'overlay')

/** Of the image's own files, those that fit any Debian. */
const shared = ['usr/lib/systemd/system/lango.service', 'etc/sysctl.d/50-lango.conf']

const control = (arch: string, version: string): string => `Package: lango
Version: ${version}
Architecture: ${arch}
Maintainer: the Lango authors <noreply@lango.invalid>
Section: net
Priority: optional
Depends: libc6 (>= 2.34), libatomic1, libstdc++6, ca-certificates
Recommends: nftables, iproute2, dnsmasq-base, socat
Description: ISP in a box
 RADIUS, vouchers, captive portal, accounting and billing of an internet
 provider's site, in one service with a desk in the browser.
`

const defaults = `# How the box starts; "systemctl restart lango" after a change, "lango help start" for more.
# The desk is on https://THIS-MACHINE:8080/. Add --portal-port 80 to sell at a hotspot.
LANGO_START="--listen 0.0.0.0 --auth-port 1812 --acct-port 1813 --radsec-port 2083 --web-port 8080 --web-listen 0.0.0.0"
`

const postinst = `#!/bin/sh
set -e
if [ "$1" = configure ]; then
  getent passwd lango >/dev/null || useradd --system --user-group --home-dir /var/lib/lango --no-create-home --shell /usr/sbin/nologin lango
  if [ -d /run/systemd/system ]; then
    sysctl -q -p /etc/sysctl.d/50-lango.conf || true
    systemctl daemon-reload
    systemctl enable lango.service
    systemctl restart lango.service
  fi
fi
`

const prerm = `#!/bin/sh
set -e
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then systemctl disable --now lango.service; fi
`

/** Data stay, whatever is purged: they are an ISP's books. */
export function makeDeb(
  board: Board,
  product: string,
  work: string,
  version: string,
  target: string,
  epochSec: number,
): void {
  const tree = join(work, 'deb')
  rmSync(tree, { recursive: true, force: true })
  const put = (path: string, text: string, mode = 0o644): void => {
    mkdirSync(dirname(join(tree, path)), { recursive: true })
    writeFileSync(join(tree, path), text)
    chmodSync(join(tree, path), mode)
  }
  mkdirSync(join(tree, 'opt'), { recursive: true })
  cpSync(product, join(tree, 'opt/lango'), { recursive: true, verbatimSymlinks: true })
  for (const path of shared) {
    mkdirSync(dirname(join(tree, path)), { recursive: true })
    cpSync(join(overlay, path), join(tree, path))
  }
  put('etc/default/lango', defaults)
  mkdirSync(join(tree, 'usr/bin'), { recursive: true })
  run('ln', ['-s', '/opt/lango/bin/lango', join(tree, 'usr/bin/lango')])
  put('DEBIAN/control', control(board.debianArch, version))
  put('DEBIAN/conffiles', '/etc/default/lango\n/etc/sysctl.d/50-lango.conf\n')
  put('DEBIAN/postinst', postinst, 0o755)
  put('DEBIAN/prerm', prerm, 0o755)
  run('chmod', ['-R', 'u=rwX,go=rX', tree])
  run('dpkg-deb', ['--root-owner-group', '-Zxz', '--build', tree, target], {
    env: { SOURCE_DATE_EPOCH: String(epochSec) },
  })
  rmSync(tree, { recursive: true })
}
