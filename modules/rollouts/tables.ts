import { defineTable } from '@lango/kernel/db'
import { deviceKinds } from './port.ts'
import { deviceStates, rolloutStates, type Reason } from './progress.ts'
import { channels } from './routeros-facts.ts'
import { sources, type Unfit } from './rules.ts'

/** Files that somebody put into the box for routers to fetch; the file itself lies in the data folder. */
export const routerPackages = defineTable(
  'router_packages',
  { home: 'site', flow: 'latest', onDelete: 'follow', key: 'id' },
  (c) => ({
    id: c.id(),
    /** As MikroTik calls it, which says what it is: `routeros-7.20.1-arm64.npk`. */
    name: c.text(),
    sizeBytes: c.bytes64(),
    sha256: c.text(),
    addedAt: c.instant(),
  }),
  { unique: { byName: ['name'] } },
)

/** What each router said of its software last, under the router's id. */
export const routerSoftware = defineTable(
  'router_software',
  { home: 'site', flow: 'latest', onDelete: 'follow', key: 'id' },
  (c) => ({
    id: c.id(),
    version: c.text(),
    architecture: c.text(),
    board: c.text(),
    /** RouterBOOT; null where there is none. */
    firmware: c.optText(),
    firmwareOffered: c.optText(),
    freeDiskBytes: c.bytes64(),
    seenAt: c.instant(),
  }),
)

/** One version on its way to several devices. At most one is not over. */
export const rollouts = defineTable(
  'rollouts',
  { home: 'site', flow: 'latest', onDelete: 'follow', key: 'id' },
  (c) => ({
    id: c.id(),
    number: c.int(),
    kind: c.oneOf(deviceKinds),
    version: c.text(),
    source: c.oneOf(sources),
    channel: c.oneOf(channels),
    allowsDowngrade: c.flag(),
    allowsMajor: c.flag(),
    /** RouterBOOT follows RouterOS. */
    withFirmware: c.flag(),
    batchPercents: c.json<number[]>(),
    failPercent: c.int(),
    forgivenFailed: c.int(),
    forgivenBegun: c.int(),
    /** Whatever the hour; else in the window, else in each router's own quiet hour. */
    isAtOnce: c.flag(),
    windowFromHour: c.optInt(),
    windowToHour: c.optInt(),
    /** Devices that are away are waited for until then. */
    waitUntil: c.instant(),
    state: c.oneOf(rolloutStates),
    startedAt: c.instant(),
    endedAt: c.optInstant(),
  }),
  { unique: { byNumber: ['number'] } },
)

/** How a router was before anything was done to it. */
export type Before = {
  /** Interfaces that ran. */
  readonly running: readonly string[]
  /** Somebody was online, and it had been heard by RADIUS lately. */
  readonly isHeard: boolean
}

/** A device of a rollout, and how far it is. */
export const rolloutDevices = defineTable(
  'rollout_devices',
  { home: 'site', flow: 'latest', onDelete: 'follow', key: 'id' },
  (c) => ({
    id: c.id(),
    rolloutId: c.ref('rollouts'),
    /** Of a router, which may be gone by now. */
    deviceId: c.text(),
    name: c.text(),
    state: c.oneOf(deviceStates),
    why: c.text<Reason | Unfit | ''>(),
    /** In the device's words, or what is missing. */
    said: c.text(),
    /** What it ran when it was looked at first and last; '' before. */
    fromVersion: c.text(),
    version: c.text(),
    /** What it is being brought to: the goal, or a stepping stone. */
    nextVersion: c.text(),
    before: c.optJson<Before>(),
    /** Since when it is in this state; when it was told to restart last. */
    since: c.instant(),
    orderedAt: c.optInstant(),
    /** In this state. */
    tries: c.int(),
    endedAt: c.optInstant(),
  }),
  { unique: { byDevice: ['rolloutId', 'deviceId'] } },
)
