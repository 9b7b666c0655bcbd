import { readFile } from 'node:fs/promises'
import { UsageError } from '../usage-error.ts'
import type { BenchResult } from './bench-result.ts'
import { compareResults, toComparisonText } from './compare-results.ts'

/** `warm-agent bench --compare BEFORE.json AFTER.json`. @returns 0, or 3 when something became slower. */
export async function compareCommand(args: readonly string[]): Promise<number> {
  const [flag, before, after, ...rest] = args
  if (flag !== '--compare' || before === undefined || after === undefined || rest.some(word => word !== '--json')) {
    throw new UsageError(
      'Could not compare: give two results and nothing else but --json: bench --compare BEFORE.json AFTER.json.',
    )
  }
  const comparison = compareResults(await readResult(before), await readResult(after))
  process.stdout.write(rest.length > 0 ? `${JSON.stringify(comparison, null, 2)}\n` : toComparisonText(comparison))
  return comparison.verdict === 'slower' ? 3 : 0
}

async function readResult(path: string): Promise<BenchResult> {
  try {
    const result = JSON.parse(await readFile(path, 'utf8')) as Partial<BenchResult>
    if (result.format === 'warm-agent-bench/1') return result as BenchResult
    throw new Error('it is not a result of warm-agent bench')
  } catch (cause) {
    throw new UsageError(
      `Could not read ${path}: ${(cause as Error).message}. Give the JSON that a bench has written.`,
      { cause },
    )
  }
}
