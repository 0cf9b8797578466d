/** The certificates of a running box: what the desk and the console ask of them, and the one it gets by itself. */
import { hostname } from 'node:os'
import { every, type Fault, type Log, type Result } from '@lango/kernel'
import type { Actor } from '@lango/kernel/verbs'
import { createObtain } from './acme/drivers.ts'
import { Acme } from './acme/renewal.ts'
import { createCertificates, type CertificateDeps } from './certificates.ts'
import { runOwnWhole } from './run-named.ts'
import type { Site } from './site.ts'

type Doing = (input: unknown, by: Actor) => Promise<Result<unknown, Fault>> | Result<unknown, Fault>

export type CertificateService = Pick<Acme, 'checks' | 'stop'> & { readonly actions: Readonly<Record<string, Doing>> }

type Deps = {
  readonly site: Site
  readonly webNames: readonly string[]
  readonly take: CertificateDeps['take']
  readonly log: Log
}

export const startCertificates = ({ site, webNames, take, log }: Deps): CertificateService => {
  const { folder, clock, random, vault } = site
  const command = (name: string, input: unknown, actor: Actor) => runOwnWhole(site, name, input, { actor })
  const shared = { folder, clock, random, command }
  const certificates = createCertificates({ ...shared, hostName: hostname(), webNames, take })
  const obtain = createObtain({ random, now: clock.now })
  const acme = new Acme({ ...shared, vault, certificates, obtain, every, log })
  return {
    actions: {
      'tls.show': certificates.show,
      'tls.use': certificates.use,
      'tls.useBox': certificates.useBox,
      'tls.renew': certificates.renew,
      'acme.show': () => acme.show(),
      'acme.set': (input, by) => acme.set(input, by),
      'acme.renew': (_, by) => acme.renew(by),
      'acme.off': (_, by) => acme.off(by),
    },
    checks: () => acme.checks(),
    stop: () => acme.stop(),
  }
}
