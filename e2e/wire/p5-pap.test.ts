/** Access-Request with User-Password. RFC 2865 §5.2, RFC 5080. */
import { wireSuite, type Case } from './lab.ts'
import { attr, types, type Part } from './packet.ts'
import { pap } from './proof.ts'

const name = (login: string) => attr(types.userName, login)
const LONGEST = 'x'.repeat(128)

/** The right password hidden in its blocks, and so many octets of them. */
const sized =
  (password: string, size: number): Part =>
  (context) => {
    const hidden = pap(password, size)(context)
    return attr(types.userPassword, hidden.subarray(2, 2 + size))
  }

const proofs: Case[] = [
  {
    no: 21,
    says: 'the right password is accepted',
    send: ({ login, password }) => [name(login), pap(password)],
    answer: 'accept',
  },
  {
    no: 22,
    says: 'a wrong password is refused',
    send: ({ login }) => [name(login), pap('wrong')],
    answer: 'reject',
  },
  {
    no: 23,
    says: 'an unknown user is refused',
    send: ({ password }) => [name('nobody'), pap(password)],
    answer: 'reject',
  },
  {
    no: 24,
    says: 'a password of exactly one block of 16 octets is accepted',
    send: () => [name('sixteen'), pap('0123456789abcdef')],
    answer: 'accept',
  },
  {
    no: 25,
    says: 'a password of one octet more than a block is accepted',
    send: () => [name('seventeen'), pap('0123456789abcdefg')],
    answer: 'accept',
  },
  {
    no: 26,
    says: 'the longest password, 128 octets, is accepted',
    send: () => [name('longest'), pap(LONGEST)],
    answer: 'accept',
  },
  {
    no: 27,
    says: 'the longest password without its last octet is refused',
    send: () => [name('longest'), pap(LONGEST.slice(1))],
    answer: 'reject',
  },
  {
    no: 28,
    says: 'a short password padded with NULs to 128 octets is the same password',
    send: ({ login, password }) => [name(login), pap(password, 128)],
    answer: 'accept',
  },
  {
    no: 29,
    says: 'a password goes on behind a NUL: the right one, a NUL and more is another',
    send: ({ login, password }) => [name(login), pap(`${password}\0x`)],
    answer: 'reject',
  },
  {
    no: 30,
    says: 'the beginning of the password is not the password',
    send: ({ login, password }) => [name(login), pap(password.slice(0, -1))],
    answer: 'reject',
  },
  {
    no: 31,
    says: 'the password in other case is another',
    send: ({ login, password }) => [name(login), pap(password.toUpperCase())],
    answer: 'reject',
  },
  {
    no: 32,
    says: 'the password with a space behind it is another',
    send: ({ login, password }) => [name(login), pap(`${password} `)],
    answer: 'reject',
  },
  {
    no: 33,
    says: 'a password beyond ASCII is compared as UTF-8',
    send: () => [name('unicode'), pap('pässwörd ✓')],
    answer: 'accept',
  },
  {
    no: 34,
    says: 'the same password in Latin-1 is another',
    send: () => [name('latin'), pap(Buffer.from('pässwörd', 'latin1'))],
    answer: 'reject',
  },
  {
    no: 35,
    says: 'an empty password, a block of NULs, opens no subscriber with a password',
    send: ({ login }) => [name(login), pap('')],
    answer: 'reject',
  },
  {
    no: 36,
    says: 'a User-Password without a value opens no subscriber with a password',
    send: ({ login }) => [name(login), attr(types.userPassword, '')],
    answer: 'reject',
  },
  ...[1, 15, 17, 144, 240].map((size, n): Case => ({
    no: 37 + n,
    says: `the right password in a User-Password of ${size} octets, no row of blocks within 128, is refused`,
    send: ({ login, password }) => [name(login), sized(password, size)],
    answer: 'reject',
  })),
  {
    no: 42,
    says: 'of two User-Passwords the second does not help the first',
    send: ({ login, password }) => [name(login), pap('wrong'), pap(password)],
    answer: 'reject',
  },
  {
    no: 43,
    says: 'of two User-Passwords the first does not help the second (RFC 2865 §5.44)',
    send: ({ login, password }) => [name(login), pap(password), pap('wrong')],
    answer: 'reject',
  },
  {
    no: 44,
    says: 'of two User-Names the second is not who logs in',
    send: ({ login, password }) => [name('nobody'), name(login), pap(password)],
    answer: 'reject',
  },
  {
    no: 45,
    says: 'a name without any credential is refused',
    send: ({ login }) => [name(login)],
    answer: 'reject',
  },
  { no: 46, says: 'a password without a name is refused', send: ({ password }) => [pap(password)], answer: 'reject' },
  {
    no: 47,
    says: 'an empty User-Name is refused',
    send: ({ password }) => [name(''), pap(password)],
    answer: 'reject',
  },
  {
    no: 48,
    says: 'Call-Check without a password opens no subscriber that has one',
    send: ({ login }) => [name(login), attr(types.serviceType, 10)],
    answer: 'reject',
  },
  {
    no: 49,
    says: 'Call-Check with a wrong password opens no subscriber that has one',
    send: ({ login }) => [name(login), attr(types.serviceType, 10), pap('wrong')],
    answer: 'reject',
  },
  {
    no: 50,
    says: 'the name as its own password opens no subscriber that has another',
    send: ({ login }) => [name(login), pap(login)],
    answer: 'reject',
  },
]

wireSuite('p5-pap', proofs, ({ desk }) =>
  desk.subscribers([
    { login: 'sixteen', password: '0123456789abcdef' },
    { login: 'seventeen', password: '0123456789abcdefg' },
    { login: 'longest', password: LONGEST },
    { login: 'unicode', password: 'pässwörd ✓' },
    { login: 'latin', password: 'pässwörd' },
  ]),
)
