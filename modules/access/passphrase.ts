/** A Wi-Fi passphrase of one's own: how it is spelt, made and told apart. Pure. */

export const PASSPHRASE_LENGTH = { min: 8, max: 63 } as const
/** Printable ASCII (IEEE 802.11-2020 J.4.1); a blank at an end is lost on the way to a phone. */
const SPELLING = /^[!-~][ -~]{6,61}[!-~]$/
export const isPassphrase = (text: string): boolean => SPELLING.test(text)

/** Syllables of an open vowel, which English and Swahili read aloud alike; without letters that sound like another. */
const CONSONANTS = 'bdfghjklmnprstwz'
const VOWELS = 'aeiou'
const WORDS = 5
/** What nobody should have to say at a counter. */
const UNSAID: ReadonlySet<string> = new Set(['dike', 'fala', 'fira', 'homo', 'kuma', 'nazi', 'tako'])

/** How hard the ones made here are to guess, by who knows how they are made. */
export const madePassphraseBits = WORDS * Math.log2((CONSONANTS.length * VOWELS.length) ** 2 - UNSAID.size)

/** A new one: `tazo-pilu-gema-heno-wiku`. `below` draws an integer from 0 to what it is given, without it. */
export const drawPassphrase = (below: (limit: number) => number): string => {
  const syllable = (): string => CONSONANTS[below(CONSONANTS.length)]! + VOWELS[below(VOWELS.length)]!
  const words: string[] = []
  while (words.length < WORDS) {
    const word = syllable() + syllable()
    if (!UNSAID.has(word)) words.push(word)
  }
  return words.join('-')
}

/** What a sealed passphrase is bound to. */
export const passphrasePurpose = (grantId: string): string => `passphrases.passphrase:${grantId}`
/** What the hash is keyed for by which two are told to be the same. */
export const PASSPHRASE_PURPOSE = 'passphrases.hash'
