/** The file of a form that has nothing else, as browsers send it (RFC 7578): passed on as it comes, however large. */

/** What stands before a file: its name, its type. */
const HEAD_OCTETS_MAX = 4096

/** The file's octets, and then whether all of it came; what is no such form has none. */
export async function* sentFile(
  body: AsyncIterable<Uint8Array>,
  contentType: string,
): AsyncGenerator<Uint8Array, boolean> {
  const boundary = /^multipart\/form-data;.*?boundary="?([^";]{1,70})"?/i.exec(contentType)?.[1]
  const mark = Buffer.from(`\r\n--${boundary ?? ''}`)
  // The first mark stands at the beginning, without the line before it.
  let held: Buffer = Buffer.from('\r\n')
  let state: 'before' | 'in' | 'after' | 'foreign' = boundary === undefined ? 'foreign' : 'before'
  // To its end in any case: a browser reads no answer before it has sent all.
  for await (const piece of body) {
    if (state === 'after' || state === 'foreign') continue
    held = Buffer.concat([held, piece])
    if (state === 'before') {
      const start = startIn(held, mark)
      state = start === 'foreign' ? 'foreign' : start === undefined ? 'before' : 'in'
      if (typeof start !== 'number') continue
      held = held.subarray(start)
    }
    const end = held.indexOf(mark)
    const octets = held.subarray(0, end === -1 ? Math.max(0, held.length - mark.length + 1) : end)
    if (octets.length > 0) yield octets
    held = held.subarray(octets.length)
    if (end !== -1) state = 'after'
  }
  return state === 'after'
}

/** Where the file begins; undefined where more has to come first. */
const startIn = (held: Buffer, mark: Buffer): number | undefined | 'foreign' => {
  const headEnd = held.indexOf('\r\n\r\n', mark.length)
  if (headEnd === -1) return held.length > HEAD_OCTETS_MAX ? 'foreign' : undefined
  return held.indexOf(mark) === 0 ? headEnd + 4 : 'foreign'
}
