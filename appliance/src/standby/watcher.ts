/** Whether a standby may take over by itself. */
import { connect } from 'node:net'

const ANSWERS_WITHIN_MS = 1000
/** Of a router or gateway one of these takes a call, or refuses it: both are answers. */
const WITNESS_PORTS = [53, 80, 443, 22, 8291]

/** What a call to this port comes to: nothing at all where the way there, or the machine, is gone. */
const callOf = (host: string, port: number): Promise<'taken' | 'refused' | 'silent'> =>
  new Promise((resolve) => {
    const socket = connect({ host, port })
    const end = (outcome: 'taken' | 'refused' | 'silent'): void => {
      socket.destroy()
      resolve(outcome)
    }
    socket.setTimeout(ANSWERS_WITHIN_MS, () => end('silent'))
    socket.once('connect', () => end('taken'))
    socket.once('error', ({ code }: NodeJS.ErrnoException) => end(code === 'ECONNREFUSED' ? 'refused' : 'silent'))
  })

/**
 * True where the primary takes no call and the witness, which both see, answers: then it is the primary that is gone,
 * and not the way from here.
 */
export const isPrimaryGone = async (
  primary: { readonly host: string; readonly port: number },
  witness: string,
): Promise<boolean> => {
  const [calls, primaryCall] = await Promise.all([
    Promise.all(WITNESS_PORTS.map((port) => callOf(witness, port))),
    callOf(primary.host, primary.port),
  ])
  return primaryCall !== 'taken' && calls.some((outcome) => outcome !== 'silent')
}
