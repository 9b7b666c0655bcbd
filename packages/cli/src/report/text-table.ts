import type { BenchResult, Distribution } from '../bench/bench-result.ts'
import { scenarioNames } from '../bench/scenarios.ts'
import { formatMs } from './format.ts'

/** The percentiles for a terminal. */
export function toTextTable({ scenarios, endedBy }: BenchResult): string {
  const head = ['', 'p50', 'p90', 'p95', 'p99', 'max', 'found']
  const rows = scenarioNames.flatMap(name => {
    const result = scenarios[name]
    if (!result) return []
    const found = [...Object.entries(result.outcomes), ...Object.entries(result.failures)]
    return [[name, ...cells(result.firstToken), found.map(([word, times]) => `${times} ${word}`).join(', ')]]
  })
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map(row => row[column]?.length ?? 0)))
  const lines = [head, ...rows].map(row =>
    row
      .map((cell, column) =>
        column === 0 || column === 6 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  )
  const title = 'From when a message was due to the first token of its answer, in milliseconds'
  const partial = endedBy ? `\nIn part only: it was ended by ${endedBy}.` : ''
  return `${title}${partial}\n${lines.join('\n')}`
}

function cells(times: Distribution | null): string[] {
  if (!times) return ['–', '–', '–', '–', '–']
  return [times.p50.value, times.p90.value, times.p95.value, times.p99.value, times.max].map(formatMs)
}
