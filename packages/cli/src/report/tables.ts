import type { BenchResult, Distribution, ScenarioResult } from '../bench/bench-result.ts'
import type { Percentile } from '../bench/percentiles.ts'
import { type ScenarioName, scenarioNames } from '../bench/scenarios.ts'
import { escapeHtml, formatMs } from './format.ts'

type Row = [name: ScenarioName, result: ScenarioResult]

/** Percentiles with their intervals. */
export function percentileTable(result: BenchResult): string {
  return table(
    ['ms', 'p50', 'p90', 'p95', 'p99', 'max', 'sent'],
    rowsOf(result).map(([name, { firstToken, messages }]) => [name, ...timeCells(firstToken), String(messages)]),
    'times',
  )
}

/** What the answered messages found, and why the others failed. */
export function outcomeTable(result: BenchResult): string {
  const words = (counts: Record<string, number>) =>
    Object.entries(counts)
      .map(([word, times]) => `${times} ${escapeHtml(word)}`)
      .join(', ') || '–'
  return table(
    ['scenario', 'found', 'failed'],
    rowsOf(result).map(([name, { outcomes, failures }]) => [name, words(outcomes), words(failures)]),
    'words',
  )
}

/** The other two objectives: completion and pace, and start-up without the agent's own work. */
export function objectiveTable(result: BenchResult): string {
  return table(
    ['scenario', 'start-up p50', 'start-up p99', 'last token p50', 'last token p99', 'pace p50', 'pace p1'],
    rowsOf(result).map(([name, { startUp, endToEnd, tokensPerSecond }]) => [
      name,
      ms(startUp?.p50),
      ms(startUp?.p99),
      ms(endToEnd?.p50),
      ms(endToEnd?.p99),
      tokensPerSecond ? tokensPerSecond.p50.toFixed(0) : '–',
      tokensPerSecond ? tokensPerSecond.p1.toFixed(0) : '–',
    ]),
    'times',
  )
}

export function rowsOf({ scenarios }: BenchResult): Row[] {
  return scenarioNames.flatMap((name): Row[] => {
    const result = scenarios[name]
    return result ? [[name, result]] : []
  })
}

function timeCells(times: Distribution | null): string[] {
  if (!times) return ['–', '–', '–', '–', '–']
  const withInterval = ({ value, low, high }: Percentile) =>
    `${formatMs(value)}<small>${low === null ? '?' : formatMs(low)}–<wbr>${high === null ? '?' : formatMs(high)}</small>`
  return [...[times.p50, times.p90, times.p95, times.p99].map(withInterval), formatMs(times.max)]
}

function ms(percentile: Percentile | undefined): string {
  return percentile ? formatMs(percentile.value) : '–'
}

/**
 * @param rows HTML, the first cell of each is its name.
 * @param kind how the style sheet lays it out: numbers in a row that fits a phone, or words that may wrap.
 */
function table(head: readonly string[], rows: readonly (readonly string[])[], kind: 'times' | 'words'): string {
  const cells = (row: readonly string[]) => row.map(cell => `<td>${cell}</td>`).join('')
  const titles = head.map(title => `<th scope="col">${title}</th>`).join('')
  const body = rows.map(row => `<tr>${cells(row)}</tr>`).join('')
  return `<div class="scroll"><table class="${kind}"><thead><tr>${titles}</tr></thead><tbody>${body}</tbody></table></div>`
}
