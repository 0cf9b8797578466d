import { seededRandom } from '@lango/kernel'
import { hostileNames } from '@lango/kernel/ui'
import type { DecisionRow, LiveChange, LiveFeed, LiveSnapshot, RouterRow, SessionRow } from '../feed.ts'

/** A feed that a test holds in its hand. */
export type FixtureFeed = LiveFeed & {
  change(kind: LiveChange, update: (before: LiveSnapshot) => LiveSnapshot): void
  /** How often the snapshot was asked for. */
  looks(): number
}

export const createFixtureFeed = (first: LiveSnapshot): FixtureFeed => {
  const listeners = new Set<(kind: LiveChange) => void>()
  let snapshot = first
  let looks = 0
  return {
    snapshot() {
      looks += 1
      return snapshot
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    change(kind, update) {
      snapshot = update(snapshot)
      for (const listener of listeners) listener(kind)
    },
    looks: () => looks,
  }
}

const people = 'amina.otieno baraka wanjiru.k juma.hassan fatuma achieng njoroge.m zawadi kamau.p halima'.split(' ')
const names = ['Amina Otieno', 'Baraka Mushi', 'Wanjiru Kariuki', 'Juma Hassan', undefined]
const plans = ['Home 10M', 'Home 20M', 'Hotspot day', 'Business 50M']
const towers = ['kisumu-tower-1', 'kisumu-tower-2', 'milimani-ap', 'kondele-ap-7']

const refusals = [
  ['wrong-password', 'The password does not match.', 'Type the password again on the device, or set a new one.'],
  ['expired', 'The service has expired.', 'Renew the service.'],
  ['unknown-user', 'No subscriber has this login.', 'Compare the spelling with `lango subscriber list`.'],
] as const

export type Sample = { now: number; sessions: number; decisions?: number; routers?: number; hostile?: boolean }

/** A believable picture of a POP, the same for the same numbers; or one in which every name is an attack. */
export const sampleSnapshot = (sample: Sample): LiveSnapshot => {
  const { now, sessions, decisions = 50, routers = 4, hostile = false } = sample
  const random = seededRandom(7)
  const pick = <T>(from: readonly T[]): T => from[random.below(from.length)]!
  const name = (from: readonly string[], index: number) =>
    hostile ? hostileNames[index % hostileNames.length]! : pick(from)
  const mac = () => random.bytes(6).toString('hex')

  const session = (_: unknown, index: number): SessionRow => {
    const customerName = hostile ? name(people, index + 3) : pick(names)
    return {
      no: 1000 - index,
      login: hostile ? name(people, index) : `${pick(people)}${index}`,
      ...(customerName === undefined ? {} : { customerName }),
      plan: name(plans, index + 1),
      nas: name(towers, index + 2),
      acctSessionId: random.bytes(4).toString('hex'),
      mac: mac(),
      ip: `10.64.${index >> 8}.${(index & 255) + 2}`,
      startedAt: now - index * 97_000 - 4000,
      updatedAt: now - random.below(300_000),
      inputOctets: random.below(2 ** 31),
      outputOctets: random.below(2 ** 36),
      ...(index === 0 ? {} : { inRateKbps: random.below(4000), outRateKbps: random.below(20_000) }),
      state: index === 0 ? 'start' : index % 23 === 5 ? 'stale' : 'interim',
    }
  }

  const decision = (_: unknown, index: number): DecisionRow => {
    const isRefused = random.below(4) === 0
    const [reason, sentence, remedy] = isRefused
      ? pick(refusals)
      : (['accepted', 'The login was right and the service is in order.', undefined] as const)
    return {
      no: 5000 - index,
      at: now - index * 11_000 - 2000,
      login: hostile ? name(people, index) : `${pick(people)}${random.below(200)}`,
      outcome: isRefused ? 'reject' : index % 17 === 9 ? 'challenge' : 'accept',
      reason,
      sentence,
      ...(remedy === undefined ? {} : { remedy }),
      nas: name(towers, index),
      mac: mac(),
      method: pick(['pap', 'chap', 'mschapv2', 'peap-mschapv2', 'ttls-mschapv2']),
      latencyMs: 0.2 + random.unit() * 2,
    }
  }

  const router = (_: unknown, index: number): RouterRow => {
    const state = (['up', 'up', 'silent', 'never', 'unknown'] as const)[index % 5]!
    return {
      name: hostile
        ? `${hostileNames[index % hostileNames.length]}${index}`
        : `${towers[index % 4]}${index > 3 ? index : ''}`,
      address: `192.168.88.${index + 2}`,
      vendor: pick(['mikrotik', 'ubiquiti', 'cambium']),
      ...(state === 'never' ? {} : { lastPacketAt: now - (state === 'silent' ? 26 * 60_000 : 3000 + index * 1000) }),
      state,
    }
  }

  return {
    health: { serving: true, since: now - 86_400_000 },
    totals: { openSessions: sessions, authPerSec: 3.4, acctPerSec: 12.1, acceptsToday: 4182, rejectsToday: 97 },
    sessions: Array.from({ length: Math.min(sessions, 200) }, session),
    decisions: Array.from({ length: decisions }, decision),
    routers: Array.from({ length: routers }, router),
  }
}
