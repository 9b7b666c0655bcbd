import { readFile } from 'node:fs/promises'
import type { BenchResult } from '../bench/bench-result.ts'
import { isAnswered } from '../bench/sample.ts'
import { UsageError } from '../usage-error.ts'

/**
 * The mean time of the warm-ups that a bench made: of a replenishment time only the mean matters for a pool's size.
 *
 * @returns milliseconds
 * @throws UsageError when the file is no result of the bench, or no warm-up was measured.
 */
export async function readReplenishmentMs(file: string): Promise<number> {
  const fail = (why: string, cause?: unknown): never => {
    throw new UsageError(`Could not use the bench result "${file}": ${why}. Give the JSON file of warm-agent bench.`, {
      cause,
    })
  }
  let result: Partial<BenchResult> | null = null
  try {
    result = JSON.parse(await readFile(file, 'utf8'))
  } catch (cause) {
    fail(cause instanceof SyntaxError ? 'it is not JSON' : (cause as Error).message, cause)
  }
  // In the scenario `pool` a warm-up is a claim.
  const scenarios = Object.entries(result?.scenarios ?? {}).filter(([name]) => name !== 'pool')
  if (result?.format !== 'warm-agent-bench/1') return fail('it is another kind of file')
  const times = scenarios
    .flatMap(([, { samples }]) => samples.filter(isAnswered))
    .flatMap(({ warmUp }) => warmUp?.tookMs ?? [])
  if (times.length === 0) return fail('it has no warm-up; run its scenario warm')
  return times.reduce((sum, ms) => sum + ms, 0) / times.length
}
