/**
 * What waits in the kernel for a socket, and what the kernel has dropped since there was no room: no front has seen it,
 * so no latency and no counter of the box's own knows of it.
 */
import { readFileSync } from 'node:fs'

export type KernelQueue = { readonly waitingBytes: number; readonly drops: number }

const FILES = ['/proc/net/udp', '/proc/net/udp6']

/** Of all sockets on a port: fronts share one. Undefined where the kernel does not tell. */
export const kernelQueue = (port: number): KernelQueue | undefined => {
  const texts = FILES.flatMap((file) => {
    try {
      return [readFileSync(file, 'utf8')]
    } catch {
      return []
    }
  })
  return texts.length === 0 ? undefined : queueIn(texts.join('\n'), port)
}

/** `sl local:port remote:port st tx_queue:rx_queue … drops`, the numbers but the last in hexadecimal. */
export const queueIn = (text: string, port: number): KernelQueue => {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  let [waitingBytes, drops] = [0, 0]
  for (const line of text.split('\n')) {
    const fields = line.trim().split(/\s+/)
    if (fields[1]?.endsWith(suffix) !== true) continue
    waitingBytes += Number.parseInt(fields[4]?.split(':')[1] ?? '0', 16)
    drops += Number(fields.at(-1))
  }
  return { waitingBytes, drops }
}
