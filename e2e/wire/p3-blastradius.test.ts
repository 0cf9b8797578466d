/**
 * CVE-2024-3596 (attack class X1): an attacker between router and box turns a Reject into an Accept by an MD5 collision.
 * It needs a request that he may write into, unsigned, and an answer whose beginning he can foresee. RFC 3579 §3.2,
 * draft-ietf-radext-deprecating-radius §5.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'vitest'
import { SECRET, wireSuite, type Case, type Lab, type Who } from './lab.ts'
import type { Nas } from './nas.ts'
import { attr, codes, signature, textOf, types, type Part, type Reply } from './packet.ts'
import { chap, msChap2, pap } from './proof.ts'

const READ_AGAIN_MS = 200
const name = (login: string) => attr(types.userName, login)
const proxyState = (text = 'p') => attr(types.proxyState, text)
/** A login, unsigned unless a part of it is the signature. */
const login = (who: Who, ...more: Part[]): Part[] => [...more, name(who.login), pap(who.password)]

/** An address of the case's own, so that what one router has taught is not what another has. */
const addressOf = (no: number) => `127.0.3.${no}`

type Switches = { requireMessageAuthenticator?: 'yes' | 'no' | 'auto'; limitProxyState?: 'yes' | 'no' | 'auto' }

/** A router as the desk has set it, which has not said a word yet; `auto` unless told otherwise. */
async function router(lab: Lab, no: number, switches: Switches = {}): Promise<Nas> {
  await lab.desk.router(`router-${no}`, addressOf(no), SECRET, switches)
  return lab.open(addressOf(no))
}

const served = async (nas: Nas, parts: readonly Part[]) => {
  // Read with its signature first, or not at all: see readReply.
  const reply = await nas.ask({ code: codes.accessRequest, parts })
  expect(reply.code).toBe(codes.accessAccept)
  return reply
}
const dropped = (nas: Nas, parts: readonly Part[]) =>
  nas.silent(nas.packet({ code: codes.accessRequest, parts }), 'auth')

/** As `served`, and the Proxy-State comes back. */
const echoed = async (nas: Nas, parts: readonly Part[]): Promise<void> => {
  const reply = await served(nas, [...parts, proxyState('hop')])
  expect(textOf(reply, types.proxyState)).toBe('hop')
}

const startsSigned = async (nas: Nas, parts: readonly Part[], code: number): Promise<Reply> => {
  const reply = await nas.ask({ code: codes.accessRequest, parts })
  expect(reply.code).toBe(code)
  expect(reply.attributes[0]?.type).toBe(types.messageAuthenticator)
  return reply
}

type Played = { readonly lab: Lab; readonly nas: Nas; readonly who: Who }
const at = (no: number, switches: Switches, says: string, play: (played: Played) => Promise<unknown>): Case => ({
  no,
  says,
  async play(lab, who) {
    await play({ lab, nas: await router(lab, no, switches), who })
  },
})

const WRONG = attr(types.messageAuthenticator, Buffer.alloc(16, 1))
const YES = { requireMessageAuthenticator: 'yes' } as const
const NO = { requireMessageAuthenticator: 'no', limitProxyState: 'no' } as const

const missing: Case[] = [
  at(1, YES, 'where it is required, a login without Message-Authenticator is dropped', ({ nas, who }) =>
    dropped(nas, login(who)),
  ),
  at(2, YES, 'and one with a right Message-Authenticator is served', ({ nas, who }) =>
    served(nas, login(who, signature)),
  ),
  at(3, YES, 'an Identifier and octets that were answered once do not spare the signature', async ({ nas, who }) => {
    await served(nas, login(who, signature))
    await dropped(nas, login(who))
  }),
  at(4, NO, 'where it is not required, a login without one is served, and its answer is signed', ({ nas, who }) =>
    served(nas, login(who)),
  ),
  at(5, NO, 'a request that nothing ties to the secret needs one everywhere (RFC 5080 §2.1.1)', ({ nas, who }) =>
    dropped(nas, [name(who.login)]),
  ),
]

const wrong: Case[] = [
  at(6, YES, 'a wrong Message-Authenticator is dropped', ({ nas, who }) => dropped(nas, login(who, WRONG))),
  at(7, NO, 'a wrong Message-Authenticator is dropped, also where none is required', ({ nas, who }) =>
    dropped(nas, login(who, WRONG)),
  ),
  ...[0, 15, 17].map((size, n) =>
    at(8 + n, NO, `a Message-Authenticator of ${size} octets is a wrong one`, ({ nas, who }) =>
      dropped(nas, login(who, attr(types.messageAuthenticator, Buffer.alloc(size)))),
    ),
  ),
  at(11, NO, 'a second Message-Authenticator makes both wrong', ({ nas, who }) =>
    dropped(nas, [signature, ...login(who), signature]),
  ),
  at(12, NO, 'a Message-Authenticator under another secret is wrong', ({ nas, who }) =>
    nas.silent(nas.packet({ code: codes.accessRequest, secret: 'another', parts: login(who, signature) }), 'auth'),
  ),
  at(13, NO, 'one octet changed behind a right Message-Authenticator makes it wrong', async ({ nas, who }) => {
    const packet = nas.packet({ code: codes.accessRequest, parts: [...login(who, signature), attr(types.nasPort, 7)] })
    packet[packet.length - 1]! ^= 1
    await nas.silent(packet, 'auth')
  }),
]

const misplaced: Case[] = [
  at(14, YES, 'a right Message-Authenticator is as good at the end', ({ nas, who }) =>
    served(nas, [...login(who), signature]),
  ),
  at(15, YES, 'and as good in the middle', ({ nas, who }) =>
    served(nas, [name(who.login), signature, pap(who.password)]),
  ),
  at(16, YES, 'one inside of a Vendor-Specific is none', ({ nas, who }) =>
    dropped(nas, [attr(types.vendorSpecific, Buffer.concat([Buffer.alloc(4), WRONG])), ...login(who)]),
  ),
]

const proxyStates: Case[] = [
  at(17, { limitProxyState: 'yes' }, 'a Proxy-State without Message-Authenticator is dropped', ({ nas, who }) =>
    dropped(nas, login(who, proxyState())),
  ),
  at(18, { limitProxyState: 'yes' }, 'a Proxy-State with a Message-Authenticator comes back', ({ nas, who }) =>
    echoed(nas, login(who, signature)),
  ),
  at(19, { limitProxyState: 'yes' }, 'without either a login is served', ({ nas, who }) => served(nas, login(who))),
  at(20, NO, 'where neither is required, a Proxy-State comes back behind a signature', ({ nas, who }) =>
    echoed(nas, login(who)),
  ),
  at(
    21,
    {},
    'the attack’s own request, 400 octets of Proxy-State, is dropped once the router is known to send none',
    async ({ nas, who }) => {
      await served(nas, login(who))
      await dropped(nas, login(who, ...Array.from({ length: 2 }, () => proxyState('x'.repeat(198)))))
    },
  ),
]

const learned: Case[] = [
  at(22, {}, 'of a router that has said nothing yet a login is taken unsigned, with Proxy-State', ({ nas, who }) =>
    served(nas, login(who, proxyState())),
  ),
  at(23, {}, 'once it has signed, it is held to that', async ({ nas, who }) => {
    await served(nas, login(who, signature))
    await dropped(nas, login(who))
    await served(nas, login(who, signature))
  }),
  at(24, {}, 'once it has sent a login without Proxy-State, it may send none unsigned', async ({ nas, who }) => {
    await served(nas, login(who))
    await dropped(nas, login(who, proxyState()))
    await served(nas, login(who))
    await served(nas, login(who, signature, proxyState()))
  }),
  at(25, {}, 'a forged packet teaches nothing', async ({ nas, who }) => {
    await dropped(nas, login(who, WRONG))
    await nas.silent(nas.packet({ code: codes.accessRequest, secret: 'forged', parts: login(who, signature) }), 'auth')
    await served(nas, login(who, proxyState()))
  }),
  at(26, {}, 'what must be signed anyway teaches nothing of the rest: EAP, Status-Server', async ({ nas, who }) => {
    await nas.probe('auth')
    const identity = Buffer.concat([Buffer.of(2, 1, 0, 5 + who.login.length, 1), Buffer.from(who.login)])
    await startsSigned(nas, [signature, name(who.login), attr(types.eapMessage, identity)], codes.accessChallenge)
    await served(nas, login(who))
  }),
  at(27, {}, 'accounting teaches nothing of logins', async ({ nas, who }) => {
    await nas.account(signature, attr(types.acctStatusType, 7))
    await served(nas, login(who))
  }),
  at(
    28,
    {},
    'what one port has taught holds for every port of the router, whichever thread it reaches',
    async ({ lab, nas, who }) => {
      const crowd = await lab.crowd(addressOf(28))
      await served(nas, login(who, signature))
      await heldBy(crowd, who)
    },
  ),
  at(29, {}, 'and that it sends no Proxy-State is known everywhere as well', async ({ lab, nas, who }) => {
    const crowd = await lab.crowd(addressOf(29))
    await served(nas, login(who))
    await heldBy(crowd, who, proxyState())
  }),
  at(30, {}, 'what was learned is not forgotten with the power', async ({ lab, nas, who }) => {
    await served(nas, login(who, signature))
    await writtenDown(lab, 30)
    await lab.restart()
    await dropped(nas, login(who))
    await served(nas, login(who, signature))
  }),
  at(31, {}, 'the desk can have it forgotten, for a router that was replaced', async ({ lab, nas, who }) => {
    await served(nas, login(who, signature))
    await writtenDown(lab, 31)
    await dropped(nas, login(who))
    await lab.desk.command('routers.set', { name: 'router-31', requireMessageAuthenticator: 'auto' })
    await forgottenBy(nas, login(who))
  }),
]

/** Whether a login is answered; asked again, a dropped one is dropped again. */
const isServed = async (nas: Nas, parts: readonly Part[]): Promise<boolean> => {
  const before = nas.strays.length
  nas.send(nas.packet({ code: codes.accessRequest, parts }), 'auth')
  await nas.probe('auth')
  return nas.strays.splice(before).length > 0
}

type StoredRouter = { readonly name: string; readonly messageAuthenticatorSeen: boolean }

/** A thread tells what it has learned behind its answer, and reads what others have at most every 100 ms. */
const writtenDown = async ({ desk }: Lab, no: number): Promise<void> => {
  const isSeen = async () => {
    const routers = await desk.query<StoredRouter[]>('routers.list', {})
    return routers.find(({ name }) => name === `router-${no}`)?.messageAuthenticatorSeen
  }
  await expect.poll(isSeen, { timeout: 5000 }).toBe(true)
  await delay(READ_AGAIN_MS)
}

const forgottenBy = async (nas: Nas, parts: readonly Part[]): Promise<void> => {
  await expect.poll(() => isServed(nas, parts), { timeout: 5000 }).toBe(true)
}

/** Every socket of the crowd is refused an unsigned login, as soon as its thread has read what another has learned. */
const heldBy = async (crowd: readonly Nas[], who: Who, ...more: Part[]): Promise<void> => {
  const answeredBy = async () => {
    const served = await Promise.all(crowd.map((nas) => isServed(nas, login(who, ...more))))
    return served.filter(Boolean).length
  }
  // Threads read the routers again within 100 ms of a change.
  await expect.poll(answeredBy, { timeout: 5000 }).toBe(0)
}

const MSCHAP = { challenge: Buffer.alloc(16, 1), peerChallenge: Buffer.alloc(16, 2) }

/** The 16 octets that the attack would have to foresee. */
const unforeseen = async (nas: Nas, parts: readonly Part[]): Promise<void> => {
  const [one, other] = [
    await startsSigned(nas, parts, codes.accessReject),
    await startsSigned(nas, parts, codes.accessReject),
  ]
  expect(one.attributes[0]?.value).not.toEqual(other.attributes[0]?.value)
}

const answers: Case[] = [
  at(32, NO, 'an Access-Accept to an unsigned request begins with a Message-Authenticator', ({ nas, who }) =>
    startsSigned(nas, login(who), codes.accessAccept),
  ),
  at(33, NO, 'so does an Access-Reject', ({ nas, who }) =>
    startsSigned(nas, [name(who.login), pap('wrong')], codes.accessReject),
  ),
  at(34, NO, 'so does the answer to CHAP and to MS-CHAP, unsigned', async ({ nas, who }) => {
    await startsSigned(nas, [name(who.login), chap(who.password)], codes.accessAccept)
    const exchange = { user: who.login, password: who.password, ...MSCHAP }
    await startsSigned(nas, [name(who.login), ...msChap2(exchange)], codes.accessAccept)
  }),
  at(35, NO, 'two refusals of the same login do not begin alike', ({ nas, who }) =>
    unforeseen(nas, [name(who.login), pap('wrong'), proxyState()]),
  ),
]

wireSuite('p3-blastradius', [...missing, ...wrong, ...misplaced, ...proxyStates, ...learned, ...answers])
