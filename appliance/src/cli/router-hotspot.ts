/** `lango router hotspot …` and `lango router push …` */
import { shown, type CommandSpec } from './command.ts'

const hotspot: CommandSpec = {
  path: ['router', 'hotspot'],
  operands: ['NAME'],
  summary: 'have the box keep the hotspot of a MikroTik router that it logs in to',
  options: {
    interface: { value: 'I', help: 'where those are who log in (bridge-hotspot)' },
    network: { value: 'CIDR', help: 'their addresses (10.30.0.0/16); the router has the first' },
    box: { value: 'IP', help: 'the box, as the router reaches it (worked out); none takes it back' },
    open: { value: 'NAME,…', help: 'host names reached without a login, beside the portal; none for no others' },
    off: { help: 'take what is the box’s own off the router' },
    leave: { help: 'keep it no more; what stands on the router stays' },
  },
  examples: [
    'lango router hotspot tower1 --interface bridge-hotspot --network 10.30.0.0/16',
    'lango router hotspot tower1 --open pay.bank.example',
    'lango router hotspot tower1 --off',
  ],
  async run({ args, command }) {
    const name = args.operand(0)!
    if (args.flag('off') || args.flag('leave')) {
      const leavesIt = args.flag('leave')
      const removed = await command('routers.removeHotspot', { name, leavesIt })
      if (!removed.ok) return removed
      return shown(removed.value, () =>
        leavesIt
          ? `The box keeps the hotspot of ${name} no more; it stands there as it is.`
          : `The hotspot is being taken off ${name}.`,
      )
    }
    const [box, open] = [args.text('box'), args.text('open')]
    const set = await command('routers.setHotspot', {
      name,
      interface: args.text('interface'),
      network: args.text('network'),
      box: box === 'none' ? null : box,
      openNames: open === 'none' ? [] : open?.split(','),
    })
    return set.ok
      ? shown(set.value, () => `The box keeps the hotspot of ${name}. The page of the router says how it goes.`)
      : set
  },
}

const push: CommandSpec = {
  path: ['router', 'push'],
  operands: ['NAME'],
  summary: 'look at a router now, and write what is missing there',
  options: {},
  examples: ['lango router push tower1'],
  async run({ args, action }) {
    const name = args.operand(0)!
    const pushed = await action('routers.push', { name })
    return pushed.ok ? shown(pushed.value, () => `${name} is looked at now.`) : pushed
  },
}

export const routerHotspotCommands = [hotspot, push]
