import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { seededRandom } from '@lango/kernel/testing'
import { dbNames } from './messages.ts'
import { contentOf, PairWorld } from './pair-world.fixture.ts'

/** What is tried is the order of things: the disk would only take its time. */
const MEMORY = '/dev/shm'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'pair-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const SEEDS = Number(process.env['LANGO_SEEDS'] ?? 10)
const STEPS = 300

/** Whatever happened: sound, a state that the primary had, and nothing is missing that was acknowledged while it was waited for. */
const expectSound = (world: PairWorld, at: string): void => {
  for (const db of dbNames) {
    const taken = world.takeOver(db)
    if (taken === undefined) {
      expect(world.safe[db], at).toBe(0)
      continue
    }
    expect(taken.pragma('integrity_check', { simple: true }), at).toBe('ok')
    const content = contentOf(taken)
    expect(content, at).toEqual(world.history[db][content.no])
    expect(content.no, at).toBeGreaterThanOrEqual(world.safe[db])
    // Who says to be in step has all of it, also what was acknowledged while it was away.
    if (world.isInSync) expect(content.no, at).toBeGreaterThanOrEqual(world.acknowledged[db])
    taken.close()
  }
}

test.each(Array.from({ length: SEEDS }, (_, seed) => seed))(
  'a pair through everything that can go wrong, seed %i',
  (seed) => {
    const random = seededRandom(seed)
    const world = new PairWorld(folder, random)
    for (let step = 0; step < STEPS; step++) {
      const chance = random.below(1000)
      if (chance < 250) world.commit(dbNames[random.below(2)]!)
      else if (chance < 252) world.crashPrimary()
      else if (chance < 254) world.restartPrimary()
      else if (chance < 258) world.crashStandby()
      else if (chance < 264) world.disturb()
      else if (chance < 268) world.disconnect()
      else if (chance < 290) world.connect()
      else if (chance < 295) world.ship()
      else if (chance < 310) world.settle()
      else for (let left = random.below(6); left >= 0; left--) world.step()
      if (chance < 275 && chance >= 250) expectSound(world, `seed ${seed}, step ${step}`)
    }
    expectSound(world, `seed ${seed}, at the end`)
    world.connect()
    world.settle()
    for (const db of dbNames) while (!world.commit(db)) continue
    world.ship()
    world.settle()
    expect(world.isInSync).toBe(true)
    expectSound(world, `seed ${seed}, healed`)
    for (const db of dbNames) {
      const taken = world.takeOver(db)!
      expect(contentOf(taken)).toEqual(world.history[db].at(-1))
      taken.close()
    }
  },
)
