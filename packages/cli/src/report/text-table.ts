import type { BenchResult, Distribution } from '../bench/bench-result.ts'
import { scenarioNames } from '../bench/scenarios.ts'
import { toColumns } from '../text-columns.ts'
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
  const table = toColumns(head, rows, column => column > 0 && column < 6)
  const title = 'From when a message was due to the first token of its answer, in milliseconds'
  const partial = endedBy ? `\nIn part only: it was ended by ${endedBy}.` : ''
  return `${title}${partial}\n${table}`
}

function cells(times: Distribution | null): string[] {
  if (!times) return ['–', '–', '–', '–', '–']
  return [times.p50.value, times.p90.value, times.p95.value, times.p99.value, times.max].map(formatMs)
}
