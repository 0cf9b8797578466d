/** Names as an enemy writes them: `alice\0` is not `alice`. Attack classes X7 and X22; RFC 2865 §5.1, RFC 7542. */
import { expect } from 'vitest'
import { wireSuite, type Case, type Lab } from './lab.ts'
import { attr, codes, types } from './packet.ts'
import { msChap2, pap } from './proof.ts'

const PASSWORD = 'of-alice'
const START = 1
const name = (login: string | Uint8Array) => attr(types.userName, login)

const stranger = (no: number, what: string, login: string | Uint8Array): Case => ({
  no,
  says: `${what} is not alice, though the password is hers`,
  send: () => [name(login), pap(PASSWORD)],
  answer: 'reject',
})

/** Composed and not: the same on paper, two names here (RFC 7542 §2.3 leaves both as they are). */
const COMPOSED = 'zo\u00eb'
const DECOMPOSED = 'zoe\u0308'

const strangers: Case[] = [
  { no: 321, says: 'alice is alice', send: () => [name('alice'), pap(PASSWORD)], answer: 'accept' },
  stranger(322, 'alice and a NUL', 'alice\0'),
  stranger(323, 'a NUL and alice', '\0alice'),
  stranger(324, 'alice, a NUL and more', 'alice\0admin'),
  stranger(325, 'alice and a space', 'alice '),
  stranger(326, 'a space and alice', ' alice'),
  stranger(327, 'alice and a line feed', 'alice\n'),
  stranger(328, 'alice with a capital', 'Alice'),
  stranger(329, 'ALICE', 'ALICE'),
  stranger(330, 'alice with a Cyrillic а', '\u0430lice'),
  stranger(331, 'alice in full width', '\uff41\uff4c\uff49\uff43\uff45'),
  stranger(332, 'alice with a zero-width joiner', 'al\u200dice'),
  stranger(333, 'alice written from right to left', '\u202eecila'),
  stranger(334, 'alice behind a byte order mark', '\ufeffalice'),
  stranger(335, 'alice in UTF-16', Buffer.from('alice', 'utf16le')),
  stranger(336, 'alice in overlong UTF-8', Buffer.from('c1a16c696365', 'hex')),
  stranger(337, 'alice and an octet that is no UTF-8', Buffer.from('616c696365ff', 'hex')),
  stranger(338, 'alice in the spelling of octets that are no UTF-8', 'hex:616c696365'),
  stranger(339, 'alice in percent escapes', '%61lice'),
  stranger(340, 'alice@', 'alice@'),
  stranger(341, '@alice', '@alice'),
  stranger(342, 'alice of a realm', 'alice@elsewhere'),
  stranger(343, 'alice of a Windows domain, by PAP', 'DOMAIN\\alice'),
  stranger(344, 'alice, a path', '../alice'),
  stranger(345, 'a pattern that alice fits', 'alic%'),
  stranger(346, 'a pattern of one letter', 'alic_'),
  stranger(347, 'a pattern of a shell', 'al*'),
  stranger(348, 'SQL that is always true', "' OR '1'='1"),
  stranger(349, 'SQL behind alice', "alice' --"),
  stranger(350, 'SQL that unites', "x' UNION SELECT * FROM grants --"),
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty'].map((login, n) =>
    stranger(351 + n, `${login} (X22)`, login),
  ),
  {
    no: 355,
    says: 'two spellings of one letter are two names: the other is a stranger',
    async play({ nas }) {
      expect((await nas.access(name(COMPOSED), pap('composed'))).code).toBe(codes.accessAccept)
      expect((await nas.access(name(DECOMPOSED), pap('composed'))).code).toBe(codes.accessReject)
    },
  },
]

const served = (no: number, login: string, as = login): Case => ({
  no,
  says: `a subscriber may be called ${JSON.stringify(as)}`,
  async play({ nas }) {
    expect((await nas.access(name(login), pap(passwordOf(login)))).code).toBe(codes.accessAccept)
    expect((await nas.access(name(login), pap('wrong'))).code).toBe(codes.accessReject)
    const exchange = {
      user: login,
      password: passwordOf(login),
      challenge: Buffer.alloc(16, 1),
      peerChallenge: Buffer.alloc(16, 2),
    }
    expect((await nas.access(name(login), ...msChap2(exchange))).code).toBe(codes.accessAccept)
  },
})
/** At most 128 octets (RFC 2865 §5.2). */
const passwordOf = (login: string) => `of ${login.slice(0, 100)}`
const odd = ["o'brien; DROP TABLE grants", '%_*', '名前 👩🏽‍💻', '__proto__@realm', 'x'.repeat(253)]

const sessionOf = ({ login }: { login: string }) => `session-of-${login}`
const started = async ({ desk, nas }: Lab, id: string, ...parts: Buffer[]) => {
  await nas.account(attr(types.acctStatusType, START), attr(types.acctSessionId, id), ...parts)
  return desk.sessions(id)
}

/** What X7 lists, and what a spreadsheet would run. */
const HOSTILE = {
  sql: "'; DROP TABLE live_sessions; --",
  markup: '<script>alert(1)</script>&amp;"',
  formula: "=cmd|' /C calc'!A0",
  escape: '\u001b[2J\u001b]0;owned\u0007',
  lines: 'one\r\n{"level":60,"msg":"made up"}',
  prototype: '__proto__',
} as const

const stored = (no: number, kind: keyof typeof HOSTILE): Case => ({
  no,
  says: `${kind} in User-Name and NAS-Identifier is stored unchanged, and nothing else happens (X7, X22)`,
  async play(lab, who) {
    const text = HOSTILE[kind]
    const rows = await started(lab, sessionOf(who), name(text), attr(types.nasIdentifier, text))
    expect(rows).toMatchObject([{ userName: text, nas: text, state: 'start' }])
    expect((await lab.nas.access(name('alice'), pap(PASSWORD))).code).toBe(codes.accessAccept)
  },
})

const records: Case[] = [
  ...odd.map((login, n) => served(356 + n, login, login.length > 200 ? 'x, 253 times' : login)),
  ...(Object.keys(HOSTILE) as (keyof typeof HOSTILE)[]).map((kind, n) => stored(361 + n, kind)),
  {
    no: 367,
    says: 'an Acct-Session-Id of SQL names its session, and no other',
    async play(lab) {
      const id = "' OR 1=1 --"
      expect(await started(lab, id, name('alice'))).toMatchObject([{ userName: 'alice' }])
    },
  },
  {
    no: 368,
    says: 'an Acct-Session-Id with a NUL in it is another than the one before the NUL',
    async play(lab, who) {
      expect(await started(lab, `${sessionOf(who)}\0a`)).toHaveLength(1)
      expect(await started(lab, `${sessionOf(who)}\0b`)).toHaveLength(1)
      expect(await lab.desk.sessions(sessionOf(who))).toEqual([])
    },
  },
  {
    no: 369,
    says: 'two Acct-Session-Ids that are no UTF-8 stay two',
    async play({ nas, desk }) {
      for (const last of [0xfe, 0xff])
        await nas.account(
          attr(types.acctStatusType, START),
          attr(types.acctSessionId, Buffer.of(0xc3, 0x28, last)),
          name('alice'),
        )
      expect(await desk.sessions('hex:c328fe')).toHaveLength(1)
      expect(await desk.sessions('hex:c328ff')).toHaveLength(1)
    },
  },
  {
    no: 370,
    says: 'names of 253 octets are stored to the last',
    async play(lab, who) {
      const [user, nas] = ['u'.repeat(252) + 'v', 'n'.repeat(252) + 'm']
      const rows = await started(lab, sessionOf(who), name(user), attr(types.nasIdentifier, nas))
      expect(rows).toMatchObject([{ userName: user, nas }])
    },
  },
  {
    no: 371,
    says: 'a refused name is found in the decisions as it was sent',
    async play({ desk, nas }) {
      const login = `${HOSTILE.markup}\0${HOSTILE.formula}`
      expect((await nas.access(name(login), pap('x'))).code).toBe(codes.accessReject)
      await expect
        .poll(() => desk.decisions(login), { timeout: 5000 })
        .toMatchObject([{ outcome: 'reject', reason: 'unknown-user', login }])
    },
  },
]

wireSuite('p5-names', [...strangers, ...records], ({ desk }) =>
  desk.subscribers([
    { login: 'alice', password: PASSWORD },
    { login: COMPOSED, password: 'composed' },
    ...odd.map((login) => ({ login, password: passwordOf(login) })),
  ]),
)
