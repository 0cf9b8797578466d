import type { Speed } from '@lango/modules/access/rules'
import {
  HOUR_MS,
  terminateCauses,
  type AccountingRecord,
  type Progress,
  type SessionFacts,
  type SyntheticEnd,
} from '@lango/modules/sessions/rules'
import { deviceHash } from './slots.ts'

/** A row of `live_sessions` as the writer holds it: changed in memory first, written once per commit. */
export type LiveRow = {
  no: number
  grantNo: number
  routerNo: number
  nas: string
  acctSessionId: string
  userName: string
  device: string
  calledStationId: string
  framedIp: string
  framedIpv6Prefix: string
  delegatedIpv6Prefix: string
  nasPort: string
  startedAt: number
  startAuthenticator: string
  lastEventAt: number
  lastReceivedAt: number
  sessionTimeSec: number
  inputOctets: number
  outputOctets: number
  gigawords: 0 | 1
  implausible: number
  interimSec: number
  state: string
  endedAt: number | null
  endedBy: SyntheticEnd | ''
  downKbps: number | null
  upKbps: number | null
  timeoutSec: number | null
  hourAt: number
  hourInputOctets: number
  hourOutputOctets: number
  hourSessionTimeSec: number
}

type Given = { readonly speed?: Speed | undefined; readonly timeoutSec?: number | undefined }

/** What the Accept of a session gave, as far as its Class tells. */
export const givenBy = (given: Given | undefined): Pick<LiveRow, 'downKbps' | 'upKbps' | 'timeoutSec'> => ({
  downKbps: given?.speed?.downKbps ?? null,
  upKbps: given?.speed?.upKbps ?? null,
  timeoutSec: given?.timeoutSec ?? null,
})

export const sessionKey = (routerNo: number, nas: string, acctSessionId: string): string =>
  `${routerNo}\0${nas}\0${acctSessionId}`

export const factsOf = (row: LiveRow): SessionFacts => ({
  userName: row.userName,
  device: row.device,
  startedAt: row.startedAt,
  startAuthenticator: row.startAuthenticator,
  lastEventAt: row.lastEventAt,
  lastReceivedAt: row.lastReceivedAt,
  sessionTimeSec: row.sessionTimeSec,
  inputOctets: row.inputOctets,
  outputOctets: row.outputOctets,
  gigawords: row.gigawords === 1,
  ended: row.endedAt === null || row.endedBy === '' ? undefined : { at: row.endedAt, by: row.endedBy },
})

/** What a session moved in the hour it has just left. */
export type HourSlice = {
  readonly grantNo: number
  readonly hourAt: number
  readonly inputOctets: number
  readonly outputOctets: number
  readonly sessionTimeSec: number
}

/**
 * Takes the counters over. When the record falls into a later hour, the hour left behind is returned to be stored
 * and metering goes on from the counters as they stood; the new octets count in the hour they were reported in.
 */
export const advance = (
  row: LiveRow,
  progress: Progress,
  eventAt: number,
  receivedAt: number,
): HourSlice | undefined => {
  const hourAt = eventAt - (eventAt % HOUR_MS)
  const left = hourAt > row.hourAt ? leaveHour(row, hourAt) : undefined
  row.sessionTimeSec = progress.sessionTimeSec
  row.inputOctets = progress.inputOctets
  row.outputOctets = progress.outputOctets
  row.gigawords = progress.gigawords ? 1 : 0
  if (progress.implausible) row.implausible += 1
  row.lastEventAt = Math.max(row.lastEventAt, eventAt)
  row.lastReceivedAt = receivedAt
  return left
}

/** Metering goes on from the counters as they stand; what was moved in the hour left behind is to be stored. */
export const leaveHour = (row: LiveRow, hourAt: number): HourSlice | undefined => {
  const slice = {
    grantNo: row.grantNo,
    hourAt: row.hourAt,
    inputOctets: row.inputOctets - row.hourInputOctets,
    outputOctets: row.outputOctets - row.hourOutputOctets,
    sessionTimeSec: row.sessionTimeSec - row.hourSessionTimeSec,
  }
  row.hourAt = hourAt
  row.hourInputOctets = row.inputOctets
  row.hourOutputOctets = row.outputOctets
  row.hourSessionTimeSec = row.sessionTimeSec
  return slice.inputOctets + slice.outputOctets + slice.sessionTimeSec > 0 ? slice : undefined
}

/** What a session counts under among the devices of its grant. */
export const slotDevice = (row: { device: string; acctSessionId: string }): number =>
  deviceHash(row.device === '' ? row.acctSessionId : row.device)

/** The NAS's own word for the end of a session, by its dictionary name. */
export const causeOf = (record: AccountingRecord): string => {
  if (record.terminateCause === undefined) return ''
  return terminateCauses[record.terminateCause] ?? String(record.terminateCause)
}
