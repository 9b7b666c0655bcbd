import { parseArgs } from 'node:util'
import { UsageError } from '../usage-error.ts'
import { compareResults } from './compare-results.ts'
import { toComparisonText } from './comparison-text.ts'
import { readResult } from './read-result.ts'

/** `warm-agent bench --compare BEFORE.json AFTER.json`. @returns 0, or 3 when something became slower or fails more often. */
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
