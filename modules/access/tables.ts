import { defineTable } from '@lango/kernel/db'
import type { TopUp } from './allowance.ts'
import { serviceKinds, type Policy } from './policy.ts'

/** Policies by content: a row is never changed, so whoever has compiled one may keep it. */
export const policies = defineTable(
  'policies',
  { home: 'site', flow: 'append', onDelete: 'keep', key: 'id' },
  (c) => ({ id: c.id(), hash: c.text(), policy: c.json<Policy>() }),
  { unique: { byHash: ['hash'] } },
)

/** Who may be online: all that AAA needs of a subscriber, in one row. */
export const grants = defineTable(
  'grants',
  { home: 'site', flow: 'latest', onDelete: 'follow', key: 'id' },
  (c) => ({
    id: c.id(),
    /** A small number that sessions, usage and device slots know the grant by. */
    no: c.int(),
    serviceId: c.ref(),
    login: c.text(),
    /** Which logins it takes: pppoe, static, hotspot, 802.1x, mac. */
    kind: c.oneOf(serviceKinds),
    /** `away`: it is good at another box, and not here. */
    status: c.oneOf(['active', 'suspended', 'ended', 'away']),
    /** The network password, sealed; null where the device's address is the credential. */
    credential: c.optSecret(),
    /** The device whose address alone logs in (IPoE by DHCP, MAC authentication), normalised. */
    macLogin: c.optText(),
    policyId: c.ref(),
    expiresAt: c.optInstant(),
    /**
     * Set: validity runs from the first login, for this long; `expiresAt` is filled in then. Before, `expiresAt` is the
     * instant by which that login must have come.
     */
    validitySec: c.optInt(),
    firstUsedAt: c.optInstant(),
    /** The ONT or CPE that logins have to come from, normalised. */
    serial: c.optText(),
    /** That serial alone logs in (IPoE by DHCP with option 82), without a password. */
    serialLogin: c.flag({ before: false }),
    framedIp: c.optText(),
    framedIpv6Prefix: c.optText(),
    delegatedIpv6Prefix: c.optText(),
    vlan: c.optInt(),
    /** Devices bound to the grant, normalised addresses. */
    devices: c.json<string[]>(),
    /** Octets up and down together that may be used in each period of the policy; null means no limit. */
    quotaOctets: c.optInt(),
    /** Seconds online, of all devices together, in each period; null means no limit. */
    quotaSec: c.optInt(),
    /** When validity begins or began, where that is not the first login. */
    beginsAt: c.optInstant(),
    /** What was bought beside the quota. */
    topUps: c.optJson<TopUp[]>(),
  }),
  {
    unique: { byLogin: ['login'], byNo: ['no'], byMacLogin: ['macLogin'], byService: ['serviceId'] },
    indexes: {
      byPolicy: ['policyId'],
      bySerial: ['serial'],
      byExpiry: ['expiresAt'],
      // Whose the open sessions are, for the plans' report; rows come in this order.
      byNumber: ['no', 'serviceId'],
    },
  },
)

/**
 * Wi-Fi passphrases of grants that have one of their own, each under its grant's id: few grants do, and a login without
 * looks nowhere for one. Sealed like a password; the keyed hash says that no two are the same, for a handshake shows a
 * passphrase and nothing else.
 */
export const passphrases = defineTable(
  'passphrases',
  { home: 'site', flow: 'latest', onDelete: 'erase', key: 'id' },
  (c) => ({
    /** The grant's own. */
    id: c.id(),
    /** The same once more, as what it is: the id of another row. */
    grantId: c.ref(),
    passphrase: c.secret(),
    hash: c.secret(),
    setAt: c.instant(),
  }),
  { unique: { byHash: ['hash'] } },
)
