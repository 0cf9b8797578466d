// Single DES (FIPS 46-3) for the three blocks of an MS-CHAP response. OpenSSL 3 has it only as triple DES
// under one key, and a cipher object per block costs 3 µs. DES without its S-boxes is linear over bits, so
// permutations and the key schedule are tables of XORs, made once from the standard's own lists.

const permutedChoice1 = [
  57, 49, 41, 33, 25, 17, 9, 1, 58, 50, 42, 34, 26, 18, 10, 2, 59, 51, 43, 35, 27, 19, 11, 3, 60, 52, 44, 36, 63, 55,
  47, 39, 31, 23, 15, 7, 62, 54, 46, 38, 30, 22, 14, 6, 61, 53, 45, 37, 29, 21, 13, 5, 28, 20, 12, 4,
]
const permutedChoice2 = [
  14, 17, 11, 24, 1, 5, 3, 28, 15, 6, 21, 10, 23, 19, 12, 4, 26, 8, 16, 7, 27, 20, 13, 2, 41, 52, 31, 37, 47, 55, 30,
  40, 51, 45, 33, 48, 44, 49, 39, 56, 34, 53, 46, 42, 50, 36, 29, 32,
]
const rotations = [1, 2, 4, 6, 8, 10, 12, 14, 15, 17, 19, 21, 23, 25, 27, 28]
const roundPermutation = [
  16, 7, 20, 21, 29, 12, 28, 17, 1, 15, 23, 26, 5, 18, 31, 10, 2, 8, 24, 14, 32, 27, 3, 9, 19, 13, 30, 6, 22, 11, 4, 25,
]
/** One hexadecimal digit per entry, four rows of sixteen per box. */
const substitutions = [
  'e4d12fb83a6c59070f74e2d1a6cb953841e8d62bfc973a50fc8249175b3ea06d',
  'f18e6b34972dc05a3d47f28ec01a69b50e7ba4d158c6932fd8a13f42b67c05e9',
  'a09e63f51dc7b428d709346a285ecbf1d6498f30b12c5ae71ad069874fe3b52c',
  '7de3069a1285bc4fd8b56f03472c1ae9a690cb7df13e52843f06a1d8945bc72e',
  '2c417ab6853fd0e9eb2c47d150fa3986421bad78f9c5630eb8c71e2d6f09a453',
  'c1af92680d34e75baf427c9561de0b389ef528c3704a1db6432c95fabe17608d',
  '4b2ef08d3c975a61d0b7491ae35c2f8614bdc37eaf6805926bd814a7950fe23c',
  'd2846fb1a93e50c71fd8a374c56b0e927b419ce206adf35821e74a8dfc90356b',
]

/** Where an output bit comes from and where it goes. */
type Wire = { readonly input: number; readonly word: number; readonly shift: number }

/** For each nibble of the input and each of its values, the output words those bits contribute to. */
function xorTable(inputBits: number, words: number, wires: readonly Wire[]): Int32Array {
  const table = new Int32Array(inputBits * 4 * words)
  for (const { input, word, shift } of wires) {
    for (let value = 0; value < 16; value++) {
      const row = (input >>> 2) * 16 + value
      if (value & (8 >>> (input & 3))) table[row * words + word]! |= 1 << shift
    }
  }
  return table
}

/** Input bit that the initial permutation puts at `output`, both counted from 0. */
function initialSource(output: number): number {
  const row = output >>> 3
  return 57 + (row & 3) * 2 - (row & 4 ? 1 : 0) - (output & 7) * 8
}

const bits = Array.from({ length: 64 }, (_, bit) => bit)
const initialTable = xorTable(
  64,
  2,
  bits.map((bit) => ({ input: initialSource(bit), word: bit >>> 5, shift: 31 - (bit & 31) })),
)
const finalTable = xorTable(
  64,
  2,
  bits.map((bit) => ({ input: bit, word: initialSource(bit) >>> 5, shift: 31 - (initialSource(bit) & 31) })),
)

/**
 * Two words per round. The even boxes stand in the first, where R rotated left by 5 meets them, the odd in
 * the second, where R rotated left by 1 does; so the expansion of R costs two rotations.
 */
const scheduleTable = xorTable(
  56,
  32,
  rotations.flatMap((rotation, round) =>
    permutedChoice2.map((choice, bit) => {
      const half = choice > 28 ? 28 : 0
      const position = permutedChoice1[half + ((choice - 1 - half + rotation) % 28)]! - 1
      const box = Math.floor(bit / 6)
      return {
        input: (position >>> 3) * 7 + (position & 7),
        word: round * 2 + (box & 1),
        shift: ((32 - (box + (box & 1)) * 4) & 31) + 5 - (bit % 6),
      }
    }),
  ),
)

/** Each box with the round's permutation already applied: 64 words per box. */
const boxes = Int32Array.from(substitutions.flatMap((rows, box) => bits.map((input) => permuted(rows, box, input))))

function permuted(rows: string, box: number, input: number): number {
  const row = ((input >>> 4) & 2) | (input & 1)
  const value = Number.parseInt(rows[row * 16 + ((input >>> 1) & 15)]!, 16)
  let word = 0
  roundPermutation.forEach((source, output) => {
    const bit = source - 1 - box * 4
    if (bit >= 0 && bit < 4 && value & (8 >>> bit)) word |= 1 << (31 - output)
  })
  return word
}

const subkeys = new Int32Array(32)
const halves = new Int32Array(2)

/** Encrypts 8 octets under the 56 bits of `key` at `keyOffset` (7 octets, no parity) into `out` at `outOffset`. */
export function desEncrypt(
  key: Uint8Array,
  keyOffset: number,
  block: Uint8Array,
  out: Uint8Array,
  outOffset: number,
): void {
  spread(scheduleTable, subkeys, key, keyOffset, 7)
  spread(initialTable, halves, block, 0, 8)
  let left = halves[0]!
  let right = halves[1]!
  for (let at = 0; at < 32; at += 2) {
    const even = ((right << 5) | (right >>> 27)) ^ subkeys[at]!
    const odd = ((right << 1) | (right >>> 31)) ^ subkeys[at + 1]!
    const mixed =
      boxes[even & 63]! ^
      boxes[64 + ((odd >>> 24) & 63)]! ^
      boxes[128 + ((even >>> 24) & 63)]! ^
      boxes[192 + ((odd >>> 16) & 63)]! ^
      boxes[256 + ((even >>> 16) & 63)]! ^
      boxes[320 + ((odd >>> 8) & 63)]! ^
      boxes[384 + ((even >>> 8) & 63)]! ^
      boxes[448 + (odd & 63)]!
    const next = left ^ mixed
    left = right
    right = next
  }
  writeWords(right, left)
  spread(finalTable, halves, preoutput, 0, 8)
  writeWords(halves[0]!, halves[1]!)
  out.set(preoutput, outOffset)
}

const preoutput = new Uint8Array(8)

function writeWords(high: number, low: number): void {
  for (let i = 0; i < 4; i++) {
    preoutput[i] = high >>> (24 - i * 8)
    preoutput[4 + i] = low >>> (24 - i * 8)
  }
}

function spread(table: Int32Array, out: Int32Array, input: Uint8Array, offset: number, octets: number): void {
  const words = out.length
  out.fill(0)
  for (let i = 0; i < octets; i++) {
    const octet = input[offset + i]!
    const high = (i * 32 + (octet >>> 4)) * words
    const low = (i * 32 + 16 + (octet & 15)) * words
    for (let word = 0; word < words; word++) out[word]! ^= table[high + word]! ^ table[low + word]!
  }
}
