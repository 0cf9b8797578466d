import { orThrow } from '@lango/kernel'
import { makeFolder } from './src/data-folder.ts'
import { openSite } from './src/site.ts'
import { createLog } from '@lango/kernel'
import { runCommand } from './src/run-named.ts'
const folder = orThrow(makeFolder('/tmp/c-prof'))
const site = orThrow(openSite(folder, createLog({ level: 'error', sink: process.stderr })))
const actor = { kind: 'console', id: 'x' } as const
runCommand(site, 'plans.add', { name: 'Home', kind: 'pppoe', policy: { downKbps: 10000, upKbps: 2000 } }, actor)
const t = performance.now(); const c = process.cpuUsage()
let max = 0
for (let at = 0; at < 100000; at += 500) {
  const s = performance.now()
  const r = runCommand(site, 'subscribers.import', { rows: Array.from({ length: 500 }, (_, i) => ({ login: `user${at + i}`, password: `pw${at + i}`, plan: 'Home', phone: '+254712345678' })) }, actor)
  if (!r.ok) throw new Error(JSON.stringify(r))
  max = Math.max(max, performance.now() - s)
}
console.log(Math.round(performance.now() - t), 'ms; cpu', process.cpuUsage(c), 'slowest chunk', max)
site.close()
