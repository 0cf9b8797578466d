/** Packets as the RFCs print them, octet by octet, from a router with their secret. */
import { expect } from 'vitest'
import { wireSuite, type Case } from './lab.ts'
import { attr, codes, signature, textOf, types, vendor, vendorValueOf } from './packet.ts'
import { MICROSOFT, msChapChallenge, openSalted } from './proof.ts'

const ROUTER = '127.0.0.2'
const SECRET = 'xyzzy5461'
const hex = (text: string) => Buffer.from(text, 'hex')

type Printed = {
  readonly request: string
  readonly to?: 'auth' | 'acct'
  readonly answer: number
  readonly bytes?: string
}

const printed = (no: number, says: string, { request, to = 'auth', answer, bytes }: Printed): Case => ({
  no,
  says,
  async play(lab) {
    const nas = await lab.open(ROUTER, SECRET)
    const reply = await nas.exchange(hex(request), to)
    expect(reply.code).toBe(answer)
    if (bytes !== undefined) expect(reply.bytes.toString('hex')).toBe(bytes)
  },
})

const peerChallenge = hex('21402324255e262a28295f2b3a337c7e')
const ntResponse = hex('82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df')

const cases: Case[] = [
  printed(1, 'the PAP login of RFC 2865 §7.1 is accepted', {
    request:
      '010000380f403f9473978057bd83d5cb98f4227a01066e656d6f02120dbe708d93d413ce3196e43f782a0aee' +
      '0406c0a80110050600000003',
    answer: codes.accessAccept,
  }),
  printed(2, 'the CHAP login of RFC 2865 §7.2 is accepted', {
    request:
      '010100472aee86f08d0d55969ca5978e0d3367a20108666c6f707379031316e97557c316185895f293ff63440772' +
      '750406c0a80110050600000014060600000002070600000001',
    answer: codes.accessAccept,
  }),
  {
    no: 3,
    says: 'the login of RFC 2865 §7.3, whose State claims more octets than are there, is dropped',
    async play(lab) {
      const nas = await lab.open(ROUTER, SECRET)
      const request =
        '01030043b122556d428a13d0d6253807c457ecf001076d6f7073790212692c1f205fc081b919b95195f561a581' +
        '0406c0a8011005060000000718103332373639343330'
      await nas.silent(hex(request), 'auth')
    },
  },
  printed(4, 'the same login with the length of its State put right is accepted', {
    request:
      '01030043b122556d428a13d0d6253807c457ecf001076d6f7073790212692c1f205fc081b919b95195f561a581' +
      '0406c0a80110050600000007180a3332373639343330',
    answer: codes.accessAccept,
  }),
  printed(5, 'a PAP login with Message-Authenticator first is accepted', {
    request:
      '0100004a0f403f9473978057bd83d5cb98f4227a50128f16b45f90d3494989a4f14f4421c61801066e656d6f' +
      '02120dbe708d93d413ce3196e43f782a0aee0406c0a80110050600000003',
    answer: codes.accessAccept,
  }),
  printed(6, 'the Status-Server of RFC 5997 §6.1 is answered by an Access-Accept', {
    request: '0cda00268a54f4686fb394c52866e302185d062350125a665e2e1e8411f3e243822097c84fa3',
    answer: codes.accessAccept,
  }),
  printed(7, 'the Status-Server of RFC 5997 §6.2 is answered by an Accounting-Response', {
    request: '0cb30026925f6b66dd5fed571fcb1db7ad3882605012e8d6eabda910875cd91fdade26367858',
    to: 'acct',
    answer: codes.accountingResponse,
  }),
  printed(8, 'the Status-Server of RFC 5997 §6.3, with NAS-IP-Address, is answered', {
    request: '0c47002cbf58de56ae408ad3b70c8513f9b03fbe0406c00002105012852d6fec61e7ed74b8e32dac2f2a5fb2',
    answer: codes.accessAccept,
  }),
  printed(9, 'an Accounting-Request is answered by the very octets computed beforehand', {
    request: '04070030be7a4734f1ca5f3a4b5cc02f3a6de2292806000000012c0a303030303030303101066e656d6f0406c0a80110',
    to: 'acct',
    answer: codes.accountingResponse,
    bytes: '05070014cecbf83fa24b81488a6adc8e40fb6f59',
  }),
  {
    no: 10,
    says: 'the MS-CHAPv2 login of RFC 2759 §9.2 is accepted, with its proof and the keys of RFC 3079 §3.5.3',
    async play(lab) {
      const nas = await lab.open(ROUTER, SECRET)
      const response = Buffer.concat([hex('0700'), peerChallenge, Buffer.alloc(8), ntResponse])
      const reply = await nas.access(
        attr(types.userName, 'User'),
        msChapChallenge(hex('5b5d7c7d7b3f2f3e3c2c602132262628')),
        vendor(MICROSOFT, attr(25, response)),
      )
      expect(reply.code, textOf(reply, types.replyMessage)).toBe(codes.accessAccept)
      expect(vendorValueOf(reply, MICROSOFT, 26)?.toString('latin1')).toBe(
        '\x07S=407A5589115FD0D6209F510FE9C04566932CDA56',
      )
      const open = (type: number) =>
        openSalted(vendorValueOf(reply, MICROSOFT, type)!, {
          secret: SECRET,
          authenticator: reply.requestAuthenticator,
        })
      expect(open(16).toString('hex')).toBe('8b7cdc149b993a1ba118cb153f56dccb')
      expect(open(17).toString('hex')).toBe('d5f0e9521e3ea9589645e86051c82226')
    },
  },
  {
    no: 11,
    says: 'the same MS-CHAPv2 response with one bit changed is refused',
    async play(lab) {
      const nas = await lab.open(ROUTER, SECRET)
      const wrong = Buffer.from(ntResponse)
      wrong[23]! ^= 1
      const reply = await nas.access(
        attr(types.userName, 'User'),
        msChapChallenge(hex('5b5d7c7d7b3f2f3e3c2c602132262628')),
        vendor(MICROSOFT, attr(25, Buffer.concat([hex('0700'), peerChallenge, Buffer.alloc(8), wrong]))),
      )
      expect(reply.code).toBe(codes.accessReject)
    },
  },
  {
    no: 12,
    says: 'a PAP password of 33 octets hidden beforehand is read over all three blocks',
    async play(lab) {
      const nas = await lab.open(ROUTER, SECRET)
      const hidden = '0fa3618b97d9008b378d964c1d0a688ff81cf1b33b8febbd4ef4b93600995c172fefe74b06f8b143bba2fadef6b4c89e'
      const reply = await nas.ask({
        code: codes.accessRequest,
        authenticator: hex('0f403f9473978057bd83d5cb98f4227a'),
        parts: [signature, attr(types.userName, 'stapler'), attr(types.userPassword, hex(hidden))],
      })
      expect(reply.code).toBe(codes.accessAccept)
    },
  },
]

wireSuite('p5-vectors', cases, async ({ desk }) => {
  // The first packets are unsigned, as they were in the year 2000.
  await desk.router('old', ROUTER, SECRET, { requireMessageAuthenticator: 'no', limitProxyState: 'no' })
  await desk.subscribers([
    { login: 'nemo', password: 'arctangent' },
    { login: 'flopsy', password: 'arctangent' },
    { login: 'mopsy', password: '99101462' },
    { login: 'User', password: 'clientPass' },
    { login: 'stapler', password: 'correct horse battery staple 1234' },
  ])
})
