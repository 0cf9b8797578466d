/** `lango web-token` */
import { shown, type CommandSpec } from './command.ts'

const webToken: CommandSpec = {
  path: ['web-token'],
  operands: [],
  summary: 'a fresh one-time address for the live page; the one before it no longer works',
  options: {},
  notes: ['The page listens on loopback: reach it from elsewhere with ssh -L 8080:127.0.0.1:8080 BOX'],
  examples: ['lango web-token'],
  async run({ action }) {
    const made = await action<{ address: string }>('web.token', {})
    return made.ok ? shown(made.value, () => made.value.address) : made
  },
}

export const webTokenCommands = [webToken]
