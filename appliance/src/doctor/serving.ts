/** Does a running box do its work, and in time? */
import { fine, found, milliseconds, type BoxStatus, type Check } from './check.ts'

export const checkServing = (status: Pick<BoxStatus, 'storeFailing' | 'logins'> | undefined): Check[] => {
  if (!status) return []
  return [...checkStore(status), ...checkLatency(status)]
}

const checkStore = ({ storeFailing }: Pick<BoxStatus, 'storeFailing'>): Check[] =>
  storeFailing === true ? [found('accounting', 'stopped', { type: 'accounting-unstored' })] : []

const checkLatency = ({ logins: recent }: Pick<BoxStatus, 'logins'>): Check[] => {
  if (!recent) return []
  const { logins, p95Ms, p95MsMax } = recent
  if (p95Ms === undefined || p95Ms === null)
    return [fine('login-latency', `${logins} logins in the last five minutes: too few to tell how long they take.`)]
  if (p95Ms <= p95MsMax)
    return [
      fine(
        'login-latency',
        `Of the last five minutes’ ${logins} logins 95 % were answered within ${milliseconds(p95Ms)}.`,
      ),
    ]
  return [found('login-latency', 'attention', { type: 'logins-slow', logins, p95Ms, p95MsMax })]
}
