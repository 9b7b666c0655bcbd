import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { UsageError } from '../usage-error.ts'
import type { BenchResult } from './bench-result.ts'
import { compareResults } from './compare-results.ts'
import { toComparisonText } from './comparison-text.ts'

/** `warm-agent bench --compare BEFORE.json AFTER.json`. @returns 0, or 3 when something became slower, or fails more. */
export async function compareCommand(args: readonly string[]): Promise<number> {
  const { before, after, isJson } = readArguments(args)
  const comparison = compareResults(await readResult(before), await readResult(after))
  if (comparison.scenarios.length === 0) {
    throw new UsageError('Could not compare: the two results have no scenario in common. Run both with the same ones.')
  }
  process.stdout.write(isJson ? `${JSON.stringify(comparison, null, 2)}\n` : toComparisonText(comparison))
  return comparison.verdict === 'slower' || comparison.verdict === 'more-failures' ? 3 : 0
}

function readArguments(args: readonly string[]): { before: string; after: string; isJson: boolean } {
  try {
    const options = { compare: { type: 'boolean' }, json: { type: 'boolean' } } as const
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
    const [before, after, ...rest] = positionals
    if (before !== undefined && after !== undefined && rest.length === 0) {
      return { before, after, isJson: values.json === true }
    }
    throw new Error(`${positionals.length} files`)
  } catch (cause) {
    throw new UsageError(
      'Could not compare: give two results and nothing else but --json: bench --compare BEFORE.json AFTER.json.',
      { cause },
    )
  }
}

async function readResult(path: string): Promise<BenchResult> {
  try {
    const result = JSON.parse(await readFile(path, 'utf8')) as Partial<BenchResult> | null
    if (isResult(result)) return result
    throw new Error('it is not a result of warm-agent bench')
  } catch (cause) {
    throw new UsageError(
      `Could not read ${path}: ${(cause as Error).message}. Give the JSON that a bench has written.`,
      { cause },
    )
  }
}

/** As far as a comparison goes: a file that was cut or edited by hand is no fault of ours. */
function isResult(result: Partial<BenchResult> | null): result is BenchResult {
  const scenarios = Object.values(result?.scenarios ?? {})
  return (
    result?.format === 'warm-agent-bench/1' &&
    typeof result.setup === 'object' &&
    typeof result.scenarios === 'object' &&
    scenarios.every(each => Array.isArray(each?.samples) && typeof each.failures === 'object')
  )
}
