/** `lango keys …` */
import { shown, type CommandSpec } from './command.ts'

const rotate: CommandSpec = {
  path: ['keys', 'rotate'],
  operands: [],
  summary: 'make a new key and seal every password and secret under it',
  options: {},
  notes: [
    'The old keys stay in the key file, so that backups from before can still be read. Make a new backup afterwards.',
    'Harmless to repeat: what is sealed under the newest key already is left alone.',
  ],
  examples: ['lango keys rotate'],
  async run({ action }) {
    const rotated = await action<{ keyId: string; resealed: number }>('keys.rotate', {})
    if (!rotated.ok) return rotated
    const { keyId, resealed } = rotated.value
    return shown(
      rotated.value,
      () => `${resealed} passwords and secrets are sealed under the new key ${keyId}. Make a backup now.`,
    )
  },
}

export const keysCommands = [rotate]
