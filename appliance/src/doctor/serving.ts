/** Does a running box do its work, and in time? */
import { attention, fine, stopped, type BoxStatus, type Check } from './check.ts'

export const checkServing = (status: Pick<BoxStatus, 'storeFailing' | 'logins'> | undefined): Check[] => {
  if (!status) return []
  return [...checkStore(status), ...checkLatency(status)]
}

const checkStore = ({ storeFailing }: Pick<BoxStatus, 'storeFailing'>): Check[] => {
  if (storeFailing !== true) return []
  return [
    stopped(
      'accounting',
      'Accounting cannot be stored, so it is not answered: routers keep it and send it again.',
      'Free some space, or replace the disk; the log says what failed. The box goes on by itself.',
    ),
  ]
}

const checkLatency = ({ logins: recent }: Pick<BoxStatus, 'logins'>): Check[] => {
  if (!recent) return []
  const { logins, p95Ms, p95MsMax } = recent
  if (p95Ms === undefined || p95Ms === null)
    return [fine('login-latency', `${logins} logins in the last five minutes: too few to tell how long they take.`)]
  const sentence = `Of the last five minutes’ ${logins} logins 95 % were answered within ${spelt(p95Ms)}.`
  if (p95Ms <= p95MsMax) return [fine('login-latency', sentence)]
  return [
    attention(
      'login-latency',
      `${sentence} That is more than ${spelt(p95MsMax)}.`,
      'Is another program busy on this machine, or its disk slow? lango decisions shows what took how long.',
    ),
  ]
}

const spelt = (ms: number): string => `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`
