/** The network of this very machine, as an appliance has it: the actions over the files between Lango and root. */
import { readFileSync } from 'node:fs'
import { uptime } from 'node:os'
import type { Site } from '../site.ts'
import type { ImagePlaces } from '../updates.ts'
import { networkActions, type NetworkActionDeps } from './actions.ts'
import { networkOnFiles, readPorts } from './drivers.ts'

const ID_BYTES = 16
/** 144 bits, of characters that no file of a plan has to quote. */
const SECRET_BYTES = 18

/** Since the machine started, whatever was done to its clock. */
const uptimeSec = (): number => {
  try {
    return Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0])
  } catch {
    return uptime()
  }
}

export const boxNetwork = (
  image: ImagePlaces | undefined,
  { random, database }: Pick<Site, 'random' | 'database'>,
  run: Pick<NetworkActionDeps, 'command' | 'own'>,
) =>
  networkActions({
    network: image && networkOnFiles(image.wishes, image.told),
    readPorts,
    uptimeSec,
    newId: () => random.bytes(ID_BYTES).toString('base64url'),
    newSecret: () => random.bytes(SECRET_BYTES).toString('base64url'),
    routers: database.raw,
    ...run,
  })
