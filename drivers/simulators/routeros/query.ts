/** Queries of the API: words that put truths on a stack, and operations on it (MikroTik "API", "Queries"). */
import type { SimulatedRow } from './router.ts'

/** Whether the row is printed. The words come without their `?`. */
export const matches = (row: SimulatedRow, words: readonly string[]): boolean => {
  const stack: boolean[] = []
  for (const word of words) {
    if (word.startsWith('#')) operate(stack, word.slice(1))
    else stack.push(isTrueOf(row, word))
  }
  return stack.every(Boolean)
}

const operate = (stack: boolean[], operations: string): void => {
  for (const operation of operations) {
    const top = stack.pop() ?? false
    if (operation === '!') stack.push(!top)
    else {
      const under = stack.pop() ?? false
      stack.push(operation === '&' ? top && under : top || under)
    }
  }
}

const isTrueOf = (row: SimulatedRow, word: string): boolean => {
  const [, sign = '', name = '', , value] = /^([-><=]?)([^=]+)(=(.*))?$/s.exec(word) ?? []
  const has = Object.hasOwn(row, name) ? row[name]! : undefined
  if (sign === '-') return has === undefined
  if (value === undefined) return has !== undefined
  if (sign === '>') return Number(has) > Number(value)
  if (sign === '<') return Number(has) < Number(value)
  return has === value
}
