/**
 * Bundles the box into appliance/dist: what production runs, and what bin/lango runs where it is newer than the
 * sources. Stripping types at run time costs every thread tens of megabytes and most of a second at start.
 */
import { copyFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { kitParts } from '../kernel/src/ui/stylesheet.ts'

const root = join(import.meta.dirname, '..')
const source = (path: string): string => join(root, path)
/** Written beside and renamed, so that a box never starts from half a bundle. */
const [made, target] = [source('appliance/dist.new'), source('appliance/dist')]

/** Each thread is an entry of its own; all lie in one folder, since a thread is found beside whoever starts it. */
const entries = {
  cli: 'appliance/src/cli.ts',
  main: 'appliance/src/main.ts',
  front: 'appliance/src/aaa/front.ts',
  writer: 'appliance/src/aaa/writer.ts',
  eap: 'appliance/src/aaa/eap.ts',
  'pair-thread': 'appliance/src/standby/pair-thread.ts',
  'query-thread': 'appliance/src/query-thread.ts',
  'backup-thread': 'appliance/src/backup-thread.ts',
  'unpack-thread': 'appliance/src/restore/unpack-thread.ts',
  'write-back-thread': 'appliance/src/write-back-thread.ts',
  'audit-thread': 'appliance/src/audit/audit-thread.ts',
  'doctor-thread': 'appliance/src/doctor/doctor-thread.ts',
  'support-thread': 'appliance/src/support/support-thread.ts',
  'bench-process': 'appliance/src/bench-self/bench-process.ts',
  'transfer-thread': 'appliance/src/transfer/transfer-thread.ts',
  'router-control-thread': 'appliance/src/router-control/router-control-thread.ts',
  'os-agent': 'firmware/agent/main.ts',
  'network-agent': 'drivers/linux-network/agent/main.ts',
  'pppoe-nas': 'drivers/linux-network/pppoe-nas/main.ts',
}

const inter = 'kernel/node_modules/@fontsource-variable/inter'

/** Read at run time from beside the code that serves them. */
const assets = {
  'client/live.js': 'appliance/src/web/client/live.js',
  'client/desk.js': 'appliance/src/web/client/desk.js',
  'client/gate.js': 'captive-portal/src/client/gate.js',
  'client/passkey.js': 'appliance/src/web/client/passkey.js',
  ...Object.fromEntries(kitParts.map((part) => [part, `kernel/src/ui/${part}`])),
  'gate.css': 'kernel/src/ui/gate.css',
  'gallery.css': 'kernel/src/ui/gallery.css',
  'inter.woff2': `${inter}/files/inter-latin-wght-normal.woff2`,
  // The font goes nowhere without it.
  'inter.LICENSE': `${inter}/LICENSE`,
}

rmSync(made, { recursive: true, force: true })
const { metafile } = await build({
  entryPoints: Object.fromEntries(Object.entries(entries).map(([name, path]) => [name, source(path)])),
  outdir: made,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node26',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  // A native addon finds its binary, and pdfkit its fonts, beside their own files.
  external: ['better-sqlite3', 'pdfkit'],
  // CommonJS libraries inside the bundle ask for Node's own modules.
  banner: {
    js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
  },
  logLevel: 'warning',
  metafile: true,
})
mkdirSync(join(made, 'client'), { recursive: true })
// Whose work is in it, as folders of the checkout: what is made of the bundle lists it.
const packages = Object.keys(metafile.inputs).flatMap(
  (path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0] ?? [],
)
writeFileSync(join(made, 'packages.json'), JSON.stringify([...new Set(packages)].toSorted()))
for (const [name, path] of Object.entries(assets)) copyFileSync(source(path), join(made, name))
rmSync(target, { recursive: true, force: true })
renameSync(made, target)
