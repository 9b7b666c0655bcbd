import type { BenchResult, Distribution, ScenarioResult } from '../bench/bench-result.ts'
import type { Percentile } from '../bench/percentiles.ts'
import { type ScenarioName, scenarioNames } from '../bench/scenarios.ts'
import { escapeHtml, formatMs } from './format.ts'

type Row = [name: ScenarioName, result: ScenarioResult]

/** Percentiles with their intervals. */
export function percentileTable(result: BenchResult): string {
  return table(
    ['ms to the first token', 'p50', 'p90', 'p95', 'p99', 'max', 'messages'],
    rowsOf(result).map(([name, { firstToken, messages }]) => [name, ...timeCells(firstToken), String(messages)]),
  )
}

/** What the messages found, and what they did not. */
export function outcomeTable(result: BenchResult): string {
  const words = (counts: Record<string, number>) =>
    Object.entries(counts)
      .map(([word, times]) => `${times} ${escapeHtml(word)}`)
      .join(', ') || '–'
  return table(
    ['', 'found', 'failed'],
    rowsOf(result).map(([name, { outcomes, failures }]) => [name, words(outcomes), words(failures)]),
    'words',
  )
}

/** The other two objectives: completion and pace, and start-up without the agent's own work. */
export function objectiveTable(result: BenchResult): string {
  return table(
    ['', 'start-up p50', 'start-up p99', 'end to end p50', 'end to end p99', 'tokens/s p50', 'tokens/s p1'],
    rowsOf(result).map(([name, { startUp, endToEnd, tokensPerSecond }]) => [
      name,
      ms(startUp?.p50),
      ms(startUp?.p99),
      ms(endToEnd?.p50),
      ms(endToEnd?.p99),
      tokensPerSecond ? tokensPerSecond.p50.toFixed(0) : '–',
      tokensPerSecond ? tokensPerSecond.p1.toFixed(0) : '–',
    ]),
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
    `${formatMs(value)}<small>${low === null ? '?' : formatMs(low)} to ${high === null ? '?' : formatMs(high)}</small>`
  return [...[times.p50, times.p90, times.p95, times.p99].map(withInterval), formatMs(times.max)]
}

function ms(percentile: Percentile | undefined): string {
  return percentile ? `${formatMs(percentile.value)} ms` : '–'
}

/** @param rows HTML, the first cell of each is its name. */
function table(head: readonly string[], rows: readonly (readonly string[])[], cellClass = ''): string {
  const cells = (row: readonly string[]) =>
    row.map((cell, index) => (index === 0 ? `<td>${cell}</td>` : `<td class="${cellClass}">${cell}</td>`)).join('')
  const titles = head.map(title => `<th scope="col" class="${cellClass}">${title}</th>`).join('')
  const body = rows.map(row => `<tr>${cells(row)}</tr>`).join('')
  return `<div class="scroll"><table><thead><tr>${titles}</tr></thead><tbody>${body}</tbody></table></div>`
}
