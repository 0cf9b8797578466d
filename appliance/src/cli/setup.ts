/** `lango setup …`: the first steps of a box without an owner. */
import { shown, type CommandSpec } from './command.ts'

const newCode: CommandSpec = {
  path: ['setup', 'new-code'],
  operands: [],
  summary: 'another setup code for a box without an owner; the one before is worth nothing',
  options: {},
  notes: ['`lango console` shows the one that holds.'],
  examples: ['lango setup new-code'],
  async run({ action }) {
    const made = await action<{ setupCode?: string }>('setup.newCode', {})
    return made.ok ? shown(made.value, () => made.value.setupCode ?? 'This box asks for none.') : made
  },
}

export const setupCommands = [newCode]
