import { createPasswords, err, ok, systemRandom, type Fault, type Result } from '@lango/kernel'
import { memorySite } from '@lango/kernel/testing'
import { createPersonalReader, type Actor } from '@lango/kernel/verbs'
import { createCredentials, createPeopleGuard } from '@lango/modules/people'
import { createPortalLook } from '@lango/modules/portal'
import { createSettings } from '@lango/modules/settings'
import { createActions } from '../../actions.ts'
import { createDeskAudit } from '../../audit/desk-export.ts'
import { withPlainAudit } from '../../audit/plain.ts'
import { decisionQueries } from '../../aaa/decision-search.ts'
import { faultSentence } from '../../cli/faults.ts'
import { runOwn, runOwnWhole, runQuery, runWhole } from '../../run-named.ts'
import { siteModules } from '../../site.ts'
import { createSignInGuard } from '../sign-in-guard.ts'
import type { WebSite } from '../web-site.ts'

/** A whole site in memory behind the web: real databases, commands, queries and rights. */
export const siteUnderTest = (others: Parameters<typeof createActions>[0]['others'] = {}) => {
  const guarded: { may?: (actor: Actor, permission: string) => boolean } = {}
  const site = memorySite(siteModules, { may: (actor, permission) => guarded.may!(actor, permission) })
  const people = createPeopleGuard(site.database.raw, site.vault, site.clock.now)
  const may = (actor: Actor, permission: string): boolean =>
    actor.kind === 'system' || actor.kind === 'console' || people.may(actor, permission)
  guarded.may = may
  const databases = { site: site.database, sessions: site.database }
  const query = (name: string, input: unknown): Promise<Result<unknown, Fault>> =>
    Promise.resolve(
      decisionQueries[name]?.(site.database.raw, input, site.clock.monotonicMs) ?? runQuery(databases, name, input),
    )
  const action = createActions({
    reader: site.database.raw,
    queries: { ask: query, stop: () => Promise.resolve() },
    command: (name, input, actor) => runWhole(site, name, input, { actor }),
    status: () => ({}),
    newWebAddress: () => '',
    sleep: () => Promise.resolve(),
    others: {
      ...createDeskAudit({
        site,
        ask: query,
        plain: createPersonalReader(site.database.raw, site.vault),
        hostName: 'pop',
      }),
      'box.attention': () => ok([]),
      'bench.show': () => ok({}),
      'doctor.show': () => ok({ machine: { memoryUsedShare: 0.5, clockSure: true, upSec: 1 }, hours: [] }),
      'box.reach': () =>
        ok({ listen: '0.0.0.0', addresses: ['192.168.88.10/24'], ports: { auth: 1812, acct: 1813, radsec: 2083 } }),
      ...others,
    },
  })
  const web: WebSite = {
    people,
    may,
    credentials: createCredentials(site.database.raw, site.vault),
    settings: createSettings(site.database.raw),
    portalLook: createPortalLook(site.database.raw),
    passwords: createPasswords(systemRandom()),
    signIns: createSignInGuard(site.clock),
    vault: site.vault,
    command: (name, input, { id, actor, origin }) => runOwn(site, name, input, { actor, origin, id }),
    whole: (name, input, by) => runOwnWhole(site, name, input, by),
    query: withPlainAudit(query, site.database.raw, site.vault),
    action,
    receive: () => Promise.resolve(err({ type: 'TransferBusy' })),
    sentenceOf: faultSentence,
  }
  return { ...site, web }
}
