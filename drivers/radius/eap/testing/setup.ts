import { randomBytes } from 'node:crypto'
import { createEapServer } from '../server.ts'
import type { EapBackend, EapProof, EapServerOptions, EapTls } from '../types.ts'
import { TestAuthority } from './certificates.ts'

/** A server of `users`, and what it asked and was told. */
export function setUp(options: Partial<EapServerOptions<string>> = {}) {
  const clock = { at: 1_000_000, now: () => clock.at }
  const users = new Map([
    ['alice', 'correct horse'],
    ['bob', 'bøb’s pässword'],
    ['mallory', 'correct horse'],
  ])
  const refused = new Map([['mallory', 'suspended']])
  const asked: { identity: string; method: string; context: unknown }[] = []
  const proofs: (EapProof & { identity: string })[] = []
  const backend: EapBackend<string> = {
    password(identity, method, context) {
      asked.push({ identity, method, context })
      return users.get(identity)
    },
    authorize(identity, proof) {
      proofs.push({ identity, ...proof })
      const reason = refused.get(identity)
      return reason === undefined ? { ok: true, value: `policy of ${identity}` } : { ok: false, reason }
    },
  }
  const server = createEapServer({ backend, methods: ['md5'], serverName: 'lango', clock, randomBytes, ...options })
  return { server, clock, users, refused, asked, proofs }
}

export type TestWorld = {
  authority: TestAuthority
  rogue: TestAuthority
  tls: EapTls
}

/** One authority, one server certificate, and a foreign authority. */
export async function testWorld(algorithm: 'ecdsa' | 'rsa' = 'ecdsa'): Promise<TestWorld> {
  const authority = await TestAuthority.create('Test CA')
  const server = await authority.issue({ name: 'radius.test', purpose: 'server', algorithm })
  return { authority, rogue: await TestAuthority.create('Test CA'), tls: { ...server, ca: authority.cert } }
}
