/** `1.4.0`: numbers alone, so that every two of them can be compared. */
export const VERSION = /^(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})$/

/** Below 0: `a` is older than `b`. Both are versions. */
export const compareVersions = (a: string, b: string): number => {
  const [left, right] = [a.split('.').map(Number), b.split('.').map(Number)]
  for (const [i, part] of left.entries()) if (part !== right[i]) return part - right[i]!
  return 0
}
