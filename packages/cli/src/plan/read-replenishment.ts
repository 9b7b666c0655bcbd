import { readResult } from '../bench/read-result.ts'
import { isAnswered } from '../bench/sample.ts'
import { UsageError } from '../usage-error.ts'

/**
 * The mean time of the warm-ups in a bench: the size of a pool depends on the mean alone.
 *
 * @returns milliseconds
 * @throws UsageError when the file is no result of the bench, or no warm-up was measured.
 */
export async function readReplenishmentMs(file: string): Promise<number> {
  const { scenarios } = await readResult(file)
  const times = Object.entries(scenarios)
    // Not the scenario `pool`, whose sessions are claimed.
    .flatMap(([name, { samples }]) => (name === 'pool' ? [] : samples.filter(isAnswered)))
    .flatMap(({ warmUp }) => warmUp?.tookMs ?? [])
  if (times.length > 0) return times.reduce((sum, ms) => sum + ms, 0) / times.length
  throw new UsageError(`Could not use ${file}: it has no warm-up. Give a result with the scenario warm.`)
}
