/** Parts that are started in order and stopped in reverse. */
import { err, FaultError, ok, type Fault, type Result } from '@lango/kernel'

export type Stage = { readonly stop: () => unknown }
type Keep = <S extends Stage>(started: S) => S

/**
 * What `build` keeps is stopped last first: by the `stop` of the whole, or at once when `build` throws. A fault that
 * it throws (`orThrow`) is the result.
 */
export const assemble = async <T>(
  build: (keep: Keep) => Promise<T>,
): Promise<Result<T & { stop(): Promise<void> }, Fault>> => {
  const kept: Stage[] = []
  const stop = async (): Promise<void> => {
    for (const stage of kept.splice(0).toReversed()) await stage.stop()
  }
  try {
    const built = await build((stage) => {
      kept.push(stage)
      return stage
    })
    return ok({ ...built, stop })
  } catch (error) {
    await stop()
    if (error instanceof FaultError) return err(error.fault)
    throw error
  }
}
